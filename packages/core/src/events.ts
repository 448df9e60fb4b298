import { ConfigError, shown } from './errors.ts'
import { isPromise } from './maybe-promise.ts'

/** Hears of one kind of event. What it throws, or rejects with, changes no decision. */
export type Listener<Event> = (event: Event) => void | Promise<void>

/** Tells events to those who listen. With nobody listening, an event costs next to nothing. */
export class Emitter<Events extends object> {
  readonly #owner: string
  readonly #listeners: Readonly<Record<keyof Events, Set<Listener<never>>>>
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
    this.#listeners = Object.fromEntries(Object.keys(names).map((name) => [name, new Set()])) as never
    this.#failed = failed
  }

  /**
   * Calls the listener with each event of this name from now on.
   *
   * @returns Ends that.
   * @throws {ConfigError} `RL_INVALID_OPTION`
   */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    if (!Object.hasOwn(this.#listeners, name)) {
      const names = Object.keys(this.#listeners).join(', ')
      throw new ConfigError('RL_INVALID_OPTION', `Expected an event of ${this.#owner} (${names}), got ${shown(name)}`)
    }
    if (typeof listener !== 'function') {
      throw new ConfigError('RL_INVALID_OPTION', `Expected \`listener\` to be a function, got ${shown(listener)}`)
    }
    // The same function may listen twice, and leave once.
    const own: Listener<Events[Name]> = (event) => listener(event)
    const listeners = this.#listeners[name]
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  /**
   * Those who listen, as they come and go: whoever may have to tell of every request keeps this, and puts no event together
   * for nobody. A look by name would take V8 100 instructions each time.
   */
  listenersTo(name: keyof Events): { readonly size: number } {
    return this.#listeners[name]
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    // Who begins to listen meanwhile hears the next one.
    for (const listener of new Set(this.#listeners[name] as Set<Listener<Events[Name]>>)) {
      try {
        const done = listener(event)
        if (isPromise(done)) done.catch((error: unknown) => this.#failed(name, error))
      } catch (error) {
        this.#failed(name, error)
      }
    }
  }
}
