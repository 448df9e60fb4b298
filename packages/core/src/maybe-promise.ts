/** A value that may take time. What can be answered at once is not wrapped, so that the fast path costs no promise. */
export type MaybePromise<T> = T | Promise<T>

/** `Promise.then` that stays synchronous for a value that is already there. */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  // A thenable of somebody else's may answer no promise.
  return isPromise(value) ? Promise.resolve(value).then(next) : next(value)
}

/** `Promise.all` that stays synchronous for values that are all there already. */
export function allOf<T>(values: readonly MaybePromise<T>[]): MaybePromise<readonly T[]> {
  return values.some(isPromise) ? Promise.all(values) : (values as readonly T[])
}

/** Any thenable counts: a store may well bring its driver's own promises. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
