/** Nobody was there to do what was asked: it was certainly not done. */
export class Unreachable extends Error {
  override name = 'Unreachable'
}

/** It was not even tried, because it has been failing: the failures themselves are in the log. */
export class LeftAlone extends Unreachable {
  override name = 'LeftAlone'
}
