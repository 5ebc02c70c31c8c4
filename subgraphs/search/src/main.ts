import { readConfig } from '@commerce/service/config.ts'
import { runProcess } from '@commerce/service/lifecycle.ts'
import { createLog } from '@commerce/service/log.ts'
import { searchConfig, start } from './server.ts'

const log = createLog('search', process.env.LOG_LEVEL)
await runProcess(log, async () => start(readConfig(searchConfig, process.env), log))
