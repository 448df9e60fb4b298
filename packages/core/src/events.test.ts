import { describe, expect, it } from 'vitest'

import { Emitter } from './events.ts'

interface Events {
  readonly rain: number
  readonly snow: string
}

const NAMES = { rain: true, snow: true } as const

describe('an emitter', () => {
  it('tells those who listen, until they do not', () => {
    const emitter = new Emitter<Events>('the weather', NAMES)
    const heard: number[] = []
    const listener = (mm: number): void => void heard.push(mm)
    const leave = [emitter.on('rain', listener), emitter.on('rain', listener)]
    emitter.emit('rain', 1)
    emitter.emit('snow', 'soft')
    leave[0]!()
    leave[0]!()
    emitter.emit('rain', 2)
    expect([emitter.listenersTo('rain').size, emitter.listenersTo('snow').size]).toEqual([1, 0])
    leave[1]!()
    emitter.emit('rain', 3)
    expect(emitter.listenersTo('rain').size).toBe(0)
    expect(heard).toEqual([1, 1, 2])
  })

  it('does not tell one event again and again to who leaves and comes back', () => {
    const emitter = new Emitter<Events>('the weather', NAMES)
    let calls = 0
    let leave = (): void => {}
    const listen = (): void => {
      leave = emitter.on('rain', () => {
        calls += 1
        leave()
        listen()
      })
    }
    listen()
    emitter.emit('rain', 1)
    expect(calls).toBe(1)
  })

  it('goes on where a listener fails, at once or later, and says which event it was', async () => {
    const failures: unknown[] = []
    const emitter = new Emitter<Events>('the weather', NAMES, (name, error) => failures.push([name, error]))
    const heard: string[] = []
    emitter.on('snow', () => {
      throw new Error('at once')
    })
    emitter.on('snow', async () => Promise.reject(new Error('later')))
    emitter.on('snow', (kind) => void heard.push(kind))
    emitter.emit('snow', 'soft')
    await new Promise(setImmediate)
    expect(heard).toEqual(['soft'])
    expect(failures).toEqual([
      ['snow', new Error('at once')],
      ['snow', new Error('later')],
    ])
  })

  it.each<[string, unknown, unknown]>([
    ['an event that does not exist', 'hail', () => undefined],
    ['an event that is a member of every object', 'toString', () => undefined],
    ['an event in a list', ['rain'], () => undefined],
    ['what is no function', 'rain', undefined],
  ])('refuses %s', (_what, name, listener) => {
    const emitter = new Emitter<Events>('the weather', NAMES)
    expect(() => emitter.on(name as 'rain', listener as () => void)).toThrow(
      expect.objectContaining({ code: 'RL_INVALID_OPTION' }),
    )
  })
})
