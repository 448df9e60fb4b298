// In the place of your database.
const users = new Map([
  ['key-of-fay', 'fay'],
  ['key-of-pia', 'pia'],
  ['key-of-eli', 'eli'],
  ['key-of-ann', 'ann'],
  ['key-of-pat', 'pat'],
  ['key-of-old', 'old'],
])
const plans = new Map([
  ['fay', 'free'],
  ['pia', 'premium'],
  ['eli', 'enterprise'],
  ['ann', 'admin'],
  ['pat', 'partner'],
  ['old', 'a plan that is no longer sold'],
])

/** Whose API key it is, if it is anybody's. */
export async function userOf(apiKey: string | readonly string[] | undefined): Promise<string | undefined> {
  return typeof apiKey === 'string' ? users.get(apiKey) : undefined
}

/** The plan that a user pays for. */
export async function planOf(userId: string): Promise<string | undefined> {
  return plans.get(userId)
}
