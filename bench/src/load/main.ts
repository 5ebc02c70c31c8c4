import { answerParent } from '../processes/messages.ts'
import { type LoadAsk, type LoadReply, runLoad } from './generator.ts'

answerParent<LoadAsk, LoadReply>(runLoad)
