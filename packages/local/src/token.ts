import { parseArgs } from 'node:util'
import { dataFolder, mintToken, readSecrets, STAFF_SCOPES } from './secrets.ts'

const HELP = `Usage: npm run -s token -- [--scope <scope> ...] [--viewer <id>] [--expires <time>]

Prints a signed token for development; send it as "Authorization: Bearer <token>".
  --scope     what it allows: ${STAFF_SCOPES.join(', ')}, or "staff" for all of them
  --viewer    whose it is (developer); without a scope a shopper's, who has signed in and may do what shoppers may
  --expires   how long it is valid: 30m, 12h, 7d (12h)
The key is JWT_SECRET, or the one in the data folder that "npm start" uses (DATA_DIR, .data).`

try {
  const { values } = parseArgs({
    options: {
      scope: { type: 'string', multiple: true, short: 's' },
      viewer: { type: 'string' },
      expires: { type: 'string', default: '12h' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) console.log(HELP)
  else {
    const scopes = (values.scope ?? []).flatMap((scope) => (scope === 'staff' ? STAFF_SCOPES : scope.split(/[ ,]+/)))
    if (scopes.length === 0 && !values.viewer) {
      throw new Error('No scope was given: add --scope staff, or --viewer alice for a shopper, or see --help.')
    }
    const unknown = scopes.find((scope) => !STAFF_SCOPES.includes(scope))
    if (unknown !== undefined)
      throw new Error(`There is no scope "${unknown}": ${STAFF_SCOPES.join(', ')}, or staff for all of them.`)
    if (!/^\d+ *(s|m|h|d|w)$/.test(values.expires)) {
      throw new Error(`--expires takes a number with s, m, h, d or w, such as 12h; got "${values.expires}".`)
    }
    const key = process.env.JWT_SECRET || readSecrets(dataFolder(process.env)).jwtSecret
    console.log(await mintToken(key, values.viewer || 'developer', scopes, values.expires))
  }
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 2
}
