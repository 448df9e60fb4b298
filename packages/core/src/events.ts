import { ConfigError, shown } from './errors.ts'
import { isPromise } from './maybe-promise.ts'

/** Hears of one kind of event. What it throws, or rejects with, changes no decision. */
export type Listener<Event> = (event: Event) => void | Promise<void>

/** Those who listen to an event, as they come and go. */
export type Audience = Pick<ReadonlySet<unknown>, 'size'>

/** Tells events to those who listen. With nobody listening, an event costs a look-up. */
export class Emitter<Events extends object> {
  readonly #owner: string
  readonly #listeners: ReadonlyMap<keyof Events, Set<Listener<never>>>
  readonly #failed: (event: keyof Events, error: unknown) => void

  /**
   * @param owner Whose events they are, for error messages.
   * @param names All events that there are.
   * @param failed Is told what a listener throws.
   */
  constructor(
    owner: string,
    names: Readonly<Record<keyof Events, true>>,
    failed: (event: keyof Events, error: unknown) => void = () => undefined,
  ) {
    this.#owner = owner
    this.#listeners = new Map(Object.keys(names).map((name) => [name as keyof Events, new Set()]))
    this.#failed = failed
  }

  /**
   * Calls the listener with each event of this name from now on.
   *
   * @returns Ends that.
   * @throws {ConfigError} `RL_INVALID_OPTION`
   */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.#listeners.get(name)
    if (!listeners) {
      const names = [...this.#listeners.keys()].join(', ')
      throw new ConfigError('RL_INVALID_OPTION', `Expected an event of ${this.#owner} (${names}), got ${shown(name)}`)
    }
    if (typeof listener !== 'function') {
      throw new ConfigError('RL_INVALID_OPTION', `Expected \`listener\` to be a function, got ${shown(listener)}`)
    }
    // The same function may listen twice, and leave once.
    const own: Listener<Events[Name]> = (event) => listener(event)
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  /** To be kept by whoever may have to tell of every request: an event need not be put together for nobody, nor looked up. */
  listenersTo(name: keyof Events): Audience {
    return this.#listeners.get(name)!
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    // Who begins to listen meanwhile hears the next one.
    for (const listener of new Set(this.#listeners.get(name)! as Set<Listener<Events[Name]>>)) {
      try {
        const done = listener(event)
        if (isPromise(done)) done.catch((error: unknown) => this.#failed(name, error))
      } catch (error) {
        this.#failed(name, error)
      }
    }
  }
}
