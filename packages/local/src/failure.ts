/** Something that the person at the keyboard can mend: `message` is one sentence that says what to do, and no stack is shown. */
export class SetupError extends Error {
  override name = 'SetupError'
}

/** The command line or a setting of it is wrong: `message` says what it must be. */
export class UsageError extends SetupError {
  override name = 'UsageError'
}
