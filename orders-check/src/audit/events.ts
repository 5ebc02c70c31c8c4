import type { Seen } from './seen.ts'
import { against, type Violation } from './violation.ts'

/** Every change has left as one event, and whoever reads them knows the last of each. */
export function eventViolations({ outboxes, stream, projections, lags }: Seen): Violation[] {
  const told = [...outboxes].flatMap(([source, rows]) => rows.map((row) => ({ source, ...row })))
  const versions = Map.groupBy(told, ({ subject }) => subject)
  return [
    ...against(
      'the versions of an entity have neither gap nor duplicate',
      versions,
      // What is told of some changes only (low, back, placed) has the version of the entity then.
      ([, rows]) =>
        rows.every(({ type, version }, i) =>
          type.endsWith('.changed') ? version === i + 1 : version > (rows[i - 1]?.version ?? 0),
        ),
      ([subject, rows]) => ({
        about: subject,
        expected: `${rows.length} in their order`,
        got: rows
          .map(({ version }) => version)
          .join(', ')
          .slice(0, 200),
      }),
    ),
    ...against(
      'every event leaves',
      told,
      ({ left }) => left,
      ({ subject, version }) => ({ about: subject, expected: `version ${version} left`, got: 'it waits' }),
    ),
    ...against(
      'the stream holds the last version of each entity',
      versions,
      ([subject, rows]) => stream.get(subject) === rows.at(-1)?.version,
      ([subject, rows]) => ({
        about: subject,
        expected: `${rows.at(-1)?.version}`,
        got: `${stream.get(subject) ?? 'nothing'}`,
      }),
    ),
    ...against(
      'consumers finish',
      lags,
      ([, lag]) => lag === 0,
      ([name, lag]) => ({ about: name, expected: '0 events left', got: `${lag}` }),
    ),
    ...projections.flatMap(({ name, source, known }) =>
      against(
        `${name} is what was told`,
        new Set([...source.keys(), ...known.keys()]),
        (key) => source.get(key) === known.get(key),
        (key) => ({ about: key, expected: source.get(key) ?? 'nothing', got: known.get(key) ?? 'nothing' }),
      ),
    ),
  ]
}
