import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { manifestText, ownManifests } from './own.ts'

const folder = join(import.meta.dirname, '../../operations')

for (const [client, manifest] of Object.entries(ownManifests())) {
  const file = join(folder, client, 'manifest.json')
  mkdirSync(join(folder, client), { recursive: true })
  writeFileSync(file, manifestText(manifest))
  console.log(`${relative('', file)}: ${Object.keys(manifest).length} operations`)
}
