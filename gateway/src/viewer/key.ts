import { encodeViewer, type Viewer } from '@commerce/service/viewer.ts'

const keys = new WeakMap<Viewer, string>()

/** All of a viewer that an answer may depend on, as text; empty for anonymous. Made once for each token. */
export function viewerKeyOf(viewer: Viewer | null): string {
  if (!viewer) return ''
  let key = keys.get(viewer)
  if (key === undefined) {
    key = encodeViewer(viewer)
    keys.set(viewer, key)
  }
  return key
}

/** Whether answers to one are answers to the other: the same person with the same scopes and policies. */
export function isSameViewer(one: Viewer | null, other: Viewer | null): boolean {
  return viewerKeyOf(one) === viewerKeyOf(other)
}
