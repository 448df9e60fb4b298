import { ConfigError, shown } from './errors.ts'

/**
 * Refuses what is no options object, and any key that is not known: a misspelt option would otherwise be a limit
 * that silently is not there.
 *
 * @throws {ConfigError} `RL_INVALID_OPTION`, `RL_UNKNOWN_OPTION`
 */
export function checkOptions(owner: string, options: unknown, known: Readonly<Record<string, true>>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigError(
      'RL_INVALID_OPTION',
      `Expected the options of ${owner} to be an object, got ${shown(options)}`,
    )
  }
  for (const key of Object.keys(options)) {
    if (!Object.hasOwn(known, key)) {
      const names = Object.keys(known).join(', ')
      throw new ConfigError('RL_UNKNOWN_OPTION', `Expected an option of ${owner} (${names}), got ${shown(key)}`)
    }
  }
}

/**
 * Refuses an option that is there and no function.
 *
 * @throws {ConfigError} `RL_INVALID_OPTION`
 */
export function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') {
    throw new ConfigError('RL_INVALID_OPTION', `Expected \`${name}\` to be a function, got ${shown(value)}`)
  }
}

/**
 * Refuses what is no array of texts; a hole in it is none.
 *
 * @throws {ConfigError} `RL_INVALID_OPTION`
 */
export function checkTexts(name: string, value: unknown): void {
  if (!Array.isArray(value) || !Array.from<unknown>(value).every((entry) => typeof entry === 'string')) {
    throw new ConfigError('RL_INVALID_OPTION', `Expected \`${name}\` to be an array of texts, got ${shown(value)}`)
  }
}

/**
 * Answers a whole number from one to `most`, or the default where the option is not given.
 *
 * @throws {ConfigError} `RL_INVALID_OPTION`
 */
export function positiveInteger(
  name: string,
  value: number | undefined,
  otherwise: number,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (value === undefined) return otherwise
  if (!Number.isSafeInteger(value) || value < 1 || value > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? 'a positive integer' : `a whole number from 1 to ${most}`
    throw new ConfigError('RL_INVALID_OPTION', `Expected \`${name}\` to be ${range}, got ${shown(value)}`)
  }
  return value
}
