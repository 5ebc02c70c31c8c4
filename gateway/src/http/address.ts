/** What an address means: a path, and the contract below whose address it is; none is the whole API. */
export interface Address {
  contract: string | undefined
  path: string
}

/** What a contract may be called, so that it can stand in an address. */
export const contractName = /^[A-Za-z][\w-]{0,63}$/

const below = /^\/contracts\/([A-Za-z][\w-]{0,63})(\/.*)?$/

/** The meaning of a request's address, its query left out. */
export function addressOf(url = '/'): Address {
  const query = url.indexOf('?')
  const path = query === -1 ? url : url.slice(0, query)
  // Nearly all requests are to the whole API.
  const match = path.startsWith('/contracts/') ? below.exec(path) : null
  return match ? { contract: match[1], path: match[2] ?? '' } : { contract: undefined, path }
}
