import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { readContracts, readSubgraphs } from '../subgraphs.ts'
import { type Approval, readApprovals } from './approvals.ts'
import type { CheckInput } from './check.ts'
import { type CheckConfig, parseYaml, readConfig, refuseUnknownContracts } from './config.ts'
import { type Commit, commitOf } from './git.ts'
import { composeGraph, type Graph } from './graph.ts'
import type { Known } from './lint/lint.ts'
import { type Operation, readManifest } from './operations.ts'
import { type Options, UsageError } from './options.ts'

const BASELINE = 'lint-baseline.yaml'
const folder = join(import.meta.dirname, '../..')

/**
 * Reads what a check needs: the list and its schemas now and in the base commit, and, from the folder of the list, `operations`,
 * `approvals`, `checks.yaml` and `lint-baseline.yaml`. Throws a `UsageError` of one sentence with the place of what cannot be read.
 */
export function load({ base, config, list }: Options, today: string): CheckInput {
  return asUsage(() => {
    const listFile = list === null ? join(folder, 'supergraph.yaml') : resolve(list)
    const home = join(listFile, '..')
    const commit = commitOf(base, home)
    const contracts = readContracts(listFile)
    const policy = configOf(config, home)
    refuseUnknownContracts(policy, contracts, shown(config === null ? join(home, 'checks.yaml') : resolve(config)))
    return {
      base: { ref: base, commit: commit.hash },
      before: graphBefore(commit, base, listFile),
      after: composeGraph(readSubgraphs(listFile), contracts),
      operations: readOperations(join(home, 'operations')),
      config: policy,
      approvals: readAllApprovals(join(home, 'approvals')),
      baseline: readBaseline(home),
      today,
    }
  })
}

/** The graph of the base; what is wrong with it is told with the commit. */
function graphBefore({ hash, read }: Commit, base: string, listFile: string): Graph {
  try {
    const { graph, errors } = composeGraph(readSubgraphs(listFile, read), readContracts(listFile, read))
    if (graph) return graph
    throw new Error(`the subgraphs do not compose: ${errors[0]?.message.replace(/\s+/g, ' ')}`)
  } catch (error) {
    if (!(error instanceof Error) || error.constructor !== Error) throw error
    throw new Error(`In --base ${base} (${hash.slice(0, 12)}): ${error.message}`)
  }
}

/** `checks.yaml` beside the list may be left out; one that was asked for may not. */
function configOf(asked: string | null, home: string): CheckConfig {
  const path = asked === null ? join(home, 'checks.yaml') : resolve(asked)
  if (asked === null && filesOf(home).includes('checks.yaml') === false) return readConfig('', shown(path))
  return readConfig(readText(path), shown(path))
}

/** Every `<client>/*.json` of a folder. */
function readOperations(path: string): Operation[] {
  return foldersOf(path).flatMap((client) =>
    filesOf(join(path, client))
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => {
        const file = join(path, client, name)
        return readManifest(readText(file), shown(file), client)
      }),
  )
}

function readAllApprovals(path: string): Approval[] {
  return filesOf(path)
    .filter((name) => /\.ya?ml$/.test(name))
    .flatMap((name) => readApprovals(readText(join(path, name)), shown(join(path, name))))
}

/** The ids of `lint-baseline.yaml`, a list, each with its line. */
function readBaseline(home: string): Known[] {
  if (!filesOf(home).includes(BASELINE)) return []
  const path = join(home, BASELINE)
  const [text, file] = [readText(path), shown(path)]
  const ids = parseYaml(text, file) ?? []
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string')) {
    throw new Error(`${file}: expected a list of ids such as "- lint/naming/catalog/Product.Title".`)
  }
  const lines = text.split('\n')
  return ids.map((id) => {
    const index = lines.findIndex((line) => /^\s*- *["']?(.*?)["']?\s*(#.*)?$/.exec(line)?.[1] === id)
    return {
      id,
      place: { file, line: Math.max(index, 0) + 1, column: Math.max((lines[index] ?? '').indexOf(id), 0) + 1 },
    }
  })
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as { code?: string }
    throw new Error(`${shown(path)} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : code}.`)
  }
}

function filesOf(path: string): string[] {
  return entriesOf(path, (entry) => entry.isFile())
}

function foldersOf(path: string): string[] {
  return entriesOf(path, (entry) => entry.isDirectory())
}

/** Sorted names; of a folder that is not there, none. */
function entriesOf(
  path: string,
  isWanted: (entry: { isFile(): boolean; isDirectory(): boolean }) => boolean,
): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter(isWanted)
      .map(({ name }) => name)
      .sort()
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return []
    throw error
  }
}

function shown(path: string): string {
  return relative('', path)
}

/** What reading throws on purpose is the caller's to change; a fault (a TypeError, say) stays one. */
function asUsage<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && error.constructor === Error) throw new UsageError(error.message)
    throw error
  }
}
