// Runs after `npm ci`, under whatever Node the machine has: puts the Node 24 that came with npm first for all npm scripts.
// npm does that itself only in newer versions. Where no Node came with npm, the machine's own must be new enough.
const { rmSync, symlinkSync } = require('node:fs')
const { join, relative } = require('node:path')

const wanted = 24
const bin = join(__dirname, '../../node_modules/.bin')
const name = `node-${process.platform}-${process.arch}`

try {
  const node = require.resolve(`${name}/bin/node`)
  const link = join(bin, 'node')
  rmSync(link, { force: true })
  symlinkSync(relative(bin, node), link)
} catch {
  const major = Number(process.versions.node.split('.')[0])
  if (major < wanted) {
    console.error(
      `This needs Node ${wanted}. None came with npm for ${process.platform}-${process.arch}, and this is Node ${process.versions.node}: install Node ${wanted} or newer.`,
    )
    process.exitCode = 1
  }
}
