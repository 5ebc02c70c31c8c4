/** Thrown by who can apply no event at the moment, whatever it says: they come again later, and none is parked for it. */
export class NotNow extends Error {
  override name = 'NotNow'
}
