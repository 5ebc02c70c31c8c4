import { connections } from './connections.ts'
import { descriptions } from './descriptions.ts'
import { foreignNullability } from './foreign-nullability.ts'
import { money } from './money.ts'
import { mutationPayloads } from './mutation-payloads.ts'
import { naming } from './naming.ts'

/** Each convention there is; `policy.rules` may name them, as `lint/<name>`. */
export const lintRules = [naming, descriptions, foreignNullability, connections, mutationPayloads, money]
