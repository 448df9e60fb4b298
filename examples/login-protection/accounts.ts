import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const hashed = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>

interface Account {
  readonly salt: Buffer
  readonly hash: Buffer
}

// In the place of your database.
const accounts = new Map<string, Account>([['ada@example.com', await accountWith('correct horse')]])

/** Nobody knows the password of this one. */
const nobody = await accountWith(randomBytes(32).toString('hex'))

/** Whether this is the password. An account that does not exist takes as long to answer as one that does. */
export async function isPasswordOf(account: string, password: string): Promise<boolean> {
  const { salt, hash } = accounts.get(account) ?? nobody
  return timingSafeEqual(await hashed(password, salt, hash.length), hash)
}

async function accountWith(password: string): Promise<Account> {
  const salt = randomBytes(16)
  return { salt, hash: await hashed(password, salt, 32) }
}
