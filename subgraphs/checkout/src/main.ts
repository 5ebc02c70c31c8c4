import { readConfig } from '@commerce/service/config.ts'
import { runProcess } from '@commerce/service/lifecycle.ts'
import { createLog } from '@commerce/service/log.ts'
import { checkoutConfig } from './config.ts'
import { start } from './server.ts'

const log = createLog('checkout', process.env.LOG_LEVEL)

await runProcess(log, async () => start(readConfig(checkoutConfig, process.env), log))
