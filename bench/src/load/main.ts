import { answerParent } from '../processes/messages.ts'
import { type LoadAsk, type LoadReply, runLoad } from './generator.ts'
import { History } from './written.ts'

// What one load has seen written, the next one knows.
const history = new History()
answerParent<LoadAsk, LoadReply>((ask) => runLoad(ask, history))
