/*
 * Words as a tree of letters in one Int32Array, so that half a million of them take some ten megabytes and a walk stays in the
 * processor's cache. A branch of one word is not spelled out: its leaf holds the word's id, and whoever walks reads the rest of the
 * word itself; it is spelled out as far as needed when a second word comes into it.
 */

/** A node is four numbers: its letter, its first child, its next sibling, and how many words lie in it. */
const SIZE = 4
const FIRST = 1
const NEXT = 2
const COUNT = 3
/** The letter of a node for a word that ends above it. */
export const END = 0

export interface Trie {
  readonly root: number
  insert(id: number): void
  letter(node: number): number
  /** The first child; 0 when there is none. */
  first(node: number): number
  /** The next sibling; 0 when there is none. */
  next(node: number): number
  /** How many words lie in it. */
  count(node: number): number
  /** The word of a leaf, -1 for a branch. The leaf stands for its letter and for all letters of the word that follow. */
  leaf(node: number): number
  /** The node that holds all words that begin so, a leaf when it is one word; null when no word does. */
  find(beginning: string): number | null
}

/** An empty trie over words whose letters are read by their ids, `END` behind the last one: forwards, or backwards for a trie of endings. */
export function createTrie(letterAt: (id: number, depth: number) => number): Trie {
  let nodes = new Int32Array(1024 * SIZE)
  // Node 0 is the root, so that 0 can mean "none" for children and siblings.
  let used = SIZE
  // With Chinese words the root has thousands of children: found by a map, not by walking along them.
  const roots = new Map<number, number>()

  function add(letter: number, next: number): number {
    if (used + SIZE > nodes.length) {
      const larger = new Int32Array(nodes.length * 2)
      larger.set(nodes)
      nodes = larger
    }
    const node = used
    used += SIZE
    nodes[node] = letter
    nodes[node + NEXT] = next
    return node
  }

  function childOf(node: number, letter: number): number {
    if (node === 0) return roots.get(letter) ?? 0
    let child = leaf(node) === -1 ? (nodes[node + FIRST] as number) : 0
    while (child !== 0 && nodes[child] !== letter) child = nodes[child + NEXT] as number
    return child
  }

  function addLeaf(parent: number, letter: number, id: number): void {
    const node = add(letter, nodes[parent + FIRST] as number)
    nodes[node + FIRST] = -id - 1
    nodes[node + COUNT] = 1
    nodes[parent + FIRST] = node
    if (parent === 0) roots.set(letter, node)
  }

  function insert(id: number): void {
    let node = 0
    for (let depth = 0; ; depth++) {
      nodes[node + COUNT] = (nodes[node + COUNT] as number) + 1
      const letter = letterAt(id, depth)
      const child = childOf(node, letter)
      if (child === 0) {
        addLeaf(node, letter, id)
        return
      }
      const other = leaf(child)
      if (other !== -1) {
        nodes[child + FIRST] = 0
        addLeaf(child, letterAt(other, depth + 1), other)
      }
      node = child
    }
  }

  function leaf(node: number): number {
    const first = nodes[node + FIRST] as number
    return first < 0 ? -first - 1 : -1
  }

  return {
    root: 0,
    insert,
    letter: (node) => nodes[node] as number,
    first: (node) => Math.max(nodes[node + FIRST] as number, 0),
    next: (node) => nodes[node + NEXT] as number,
    count: (node) => nodes[node + COUNT] as number,
    leaf,
    find(beginning) {
      let node = 0
      for (let depth = 0; depth < beginning.length; depth++) {
        node = childOf(node, beginning.charCodeAt(depth))
        if (node === 0) return null
        const id = leaf(node)
        if (id === -1) continue
        for (let at = depth + 1; at < beginning.length; at++) {
          if (letterAt(id, at) !== beginning.charCodeAt(at)) return null
        }
        return node
      }
      return node
    },
  }
}
