import { readConfig } from '@commerce/service/config.ts'
import { runProcess } from '@commerce/service/lifecycle.ts'
import { createLog } from '@commerce/service/log.ts'
import { inventoryConfig } from './config.ts'
import { start } from './server.ts'

const log = createLog('inventory', process.env.LOG_LEVEL)
await runProcess(log, async () => start(readConfig(inventoryConfig, process.env), log))
