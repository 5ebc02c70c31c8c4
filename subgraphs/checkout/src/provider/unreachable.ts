/** Nobody was there to do what was asked: it was certainly not done. */
export class Unreachable extends Error {
  override name = 'Unreachable'
}
