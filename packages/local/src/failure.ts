/** Something that the person at the keyboard can mend: `message` is one sentence that says what to do, and no stack is shown. */
export class SetupError extends Error {
  override name = 'SetupError'
}
