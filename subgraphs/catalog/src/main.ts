import { readConfig } from '@commerce/service/config.ts'
import { runProcess } from '@commerce/service/lifecycle.ts'
import { createLog } from '@commerce/service/log.ts'
import { catalogConfig } from './config.ts'
import { start } from './server.ts'

const log = createLog('catalog', process.env.LOG_LEVEL)

await runProcess(log, () => start(readConfig(catalogConfig, process.env), log))
