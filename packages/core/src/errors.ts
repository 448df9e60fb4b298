/** What every error of this library has: a stable `code`, listed with its cause and its cure in `docs/errors.md`. */
export interface CodedError extends Error {
  readonly code: string
}

/** What was wrong with a value that something was built with. */
export type ConfigErrorCode =
  | 'RL_INVALID_RATE'
  | 'RL_INVALID_LIMIT'
  | 'RL_INVALID_RULE'
  | 'RL_INVALID_ENDPOINT'
  | 'RL_INVALID_OPTION'
  | 'RL_UNKNOWN_OPTION'
  | 'RL_DUPLICATE_NAME'
  | 'RL_INVALID_CLOCK'

/** Something was built with a value that it cannot work with. Thrown at once; a clock that fails later, when it does. */
export class ConfigError extends TypeError implements CodedError {
  override readonly name = 'ConfigError'
  readonly code: ConfigErrorCode

  constructor(code: ConfigErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** What was wrong with a request. */
export type RequestErrorCode =
  | 'RL_INVALID_ADDRESS'
  | 'RL_INVALID_COST'
  | 'RL_INVALID_KEY'
  | 'RL_INVALID_REQUEST'
  | 'RL_MISSING_CLIENT'

/**
 * A decision was asked for with a value that cannot be decided on: a cost that is no whole number, a request that
 * does not say who is asking. Nothing was charged, and nothing was let through.
 */
export class RequestError extends TypeError implements CodedError {
  override readonly name = 'RequestError'
  readonly code: RequestErrorCode

  constructor(code: RequestErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** What kept a store from answering. */
export type StoreErrorCode =
  | 'RL_STORE_CLOSED'
  | 'RL_STORE_FAILED'
  | 'RL_STORE_TIMEOUT'
  | 'RL_STORE_UNAVAILABLE'
  | 'RL_STORE_BUSY'
  | 'RL_STORE_FULL'
  | 'RL_STORE_READONLY'
  | 'RL_STORE_CORRUPT'
  | 'RL_STORE_MOVED'

/** A store could not answer. `store` says which kind, if it was the store that said so; `cause` is what its backend threw. */
export class StoreError extends Error implements CodedError {
  override readonly name = 'StoreError'
  readonly code: StoreErrorCode
  readonly store: string

  constructor(code: StoreErrorCode, store: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.store = store
  }
}

/** Whether an error is one of the library's own. */
export function isCoded(error: unknown): error is ConfigError | RequestError | StoreError {
  return error instanceof ConfigError || error instanceof RequestError || error instanceof StoreError
}

const SHOWN_LENGTH = 60

/** A value as error messages show it: `` `-1` (number) ``. Long ones are cut, so that a hostile key cannot fill a log. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'nothing'
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return `\`${shortened(String(value))}\` (${typeof value})`
    case 'object':
      if (value === null) return '`null`'
      return Array.isArray(value) ? 'an array' : 'an object'
    default:
      return `a ${typeof value}`
  }
}

function shortened(text: string): string {
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text
}
