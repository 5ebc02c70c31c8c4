import type { Documents } from '../documents/documents.ts'
import type { Metrics } from './metrics.ts'

/** Publishes what became of requests under a mode of trusted documents, and of the folder; nothing when the mode is off. */
export function publishDocumentCounts(metrics: Metrics, { mode, counts }: Documents): void {
  if (mode === 'off') return
  metrics.publish({
    name: 'gateway_documents_total',
    help: 'Requests by their document: trusted, unknown (it ran, the mode is audit), or refused.',
    type: 'counter',
    read: () =>
      (['trusted', 'unknown', 'refused'] as const).map((result) => ({ labels: { result }, value: counts[result] })),
  })
  metrics.publish({
    name: 'gateway_document_reloads_total',
    help: 'Changes of the folder of trusted documents: replaced, or kept because the new ones could not be read.',
    type: 'counter',
    read: () => (['replaced', 'kept'] as const).map((outcome) => ({ labels: { outcome }, value: counts[outcome] })),
  })
  metrics.publishNumber('gauge', 'gateway_trusted_documents', 'Trusted documents that have an id.', () => counts.ids)
}
