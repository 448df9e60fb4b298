import { applyCharges, keyPartsOf, storageKey } from '@rl/core'
import type { Charge, Limit, State, Verdict } from '@rl/core'

import { but, charging, naming } from './faulty-store.fixture.ts'
import type { Charges, Faults } from './faulty-store.fixture.ts'

/** The right states under the wrong names, or for too long. */
export const keepingFaults: Faults = {
  'cuts keys to 64 characters': [
    naming(named((key) => key.slice(0, 64))),
    'counts different keys apart, whatever they are',
  ],
  'cuts keys to 64 kilobytes': [naming(named((key) => key.slice(0, 2 ** 16))), 'counts keys of a megabyte apart'],
  'names a key by the sum of its bytes': [
    naming(named((key) => String(Buffer.from(key).reduce((sum, byte) => sum + byte, 0)))),
    'counts different keys apart, whatever they are',
  ],
  'takes capital letters for small ones': [
    naming(named((key) => key.toLowerCase())),
    'counts different keys apart, whatever they are',
  ],
  'trims keys': [naming(named((key) => key.trim())), 'counts different keys apart, whatever they are'],
  'ends keys at a NUL': [naming(named((key) => key.split('\0')[0]!)), 'counts different keys apart, whatever they are'],
  'normalises keys': [naming(named((key) => key.normalize())), 'counts different keys apart, whatever they are'],
  'writes keys in UTF-8': [
    naming(named((key) => Buffer.from(key).toString())),
    'counts different keys apart, whatever they are',
  ],
  'counts what is between braces only': [
    naming(named((key) => /\{(.+?)\}/.exec(key)?.[1] ?? key)),
    'counts different keys apart, whatever they are',
  ],
  'takes a key that looks like a hash for the hash of a long one': [
    naming(named((key) => (key.length > 200 ? storageKey(key) : key))),
    'counts different keys apart, whatever they are',
  ],
  'counts by the second part of a key alone': [
    charging((charge) => ({ key: keyPartsOf(charge).tail || charge.key })),
    'counts a key of two parts as what they are joined to',
  ],
  'keeps states as the properties of an object': [
    but((right) => {
      const states: Record<string, Record<string, State>> = {}
      const of = ({ limit }: Charge): Record<string, State> => (states[limit.algorithm] ??= {})
      return {
        consume(charges) {
          const { verdicts, writes } = applyCharges(charges, (charge) => of(charge)[charge.key], right.now())
          for (const { index, state } of writes) {
            const charge = charges[index]!
            if (state) of(charge)[charge.key] = state
          }
          return verdicts
        },
      }
    }),
    'counts different keys apart, whatever they are',
  ],
  'names a state by its key alone': [naming((_, key) => key), 'counts one key apart under each algorithm'],
  'puts nothing between the algorithm and the key': [
    naming((algorithm, key) => algorithm + key),
    'counts one key apart under each algorithm',
  ],
  'puts a space between the algorithm and the key': [
    naming((algorithm, key) => `${algorithm.replace('-counter', ' -counter')} ${key}`),
    'counts one key apart under each algorithm',
  ],
  'resets fixed windows only': [
    but((right) => ({ reset: (key) => void right.entries.delete(right.nameOf('fixed-window', key)) })),
    'forgets a key that is reset, under all algorithms',
  ],
  'resets all keys': [
    but((right) => ({ reset: () => right.entries.clear() })),
    'forgets a key that is reset, under all algorithms',
    'forgets no key but the one that is reset, whatever it is',
  ],
  'resets all keys that begin like the one': [
    but((right) => ({
      reset(reset) {
        for (const { key } of right.entries.values()) if (key.startsWith(reset)) right.reset(key)
      },
    })),
    'forgets no key but the one that is reset, whatever it is',
  ],

  'keeps to the limit that a key first came with': [
    (context) => {
      const limits = new Map<string, Limit>()
      return charging(({ key, limit }) => {
        const name = `${limit.algorithm}:${key}`
        if (!limits.has(name)) limits.set(name, limit)
        return { limit: limits.get(name)! }
      })(context)
    },
    'keeps what was spent when the quota rises',
    'keeps what was spent when the quota falls',
    'decides under a longer or shorter window as the algorithm does',
  ],
  'forgets a key when its window changes': [
    charging(({ key, limit }) => ({ key: `${key} per ${limit.windowMs}` })),
    'decides under a longer or shorter window as the algorithm does',
  ],
  'loses digits beyond the fourteenth': [
    but((right) => ({
      consume(charges) {
        const { verdicts, writes } = applyCharges(charges, right.read, right.now())
        right.write(
          charges,
          writes.map((write) => ({ ...write, state: write.state?.map((n) => Number(n.toPrecision(14))) })),
        )
        return verdicts
      },
    })),
    'counts without loss up to 2^53',
  ],

  'hands out one verdict for each key, and changes it': [
    but((right) => {
      const verdicts = new Map<string, Verdict>()
      const live = (charges: Charges, answers: readonly Verdict[]): readonly Verdict[] =>
        answers.map((answer, i) => {
          const { key } = charges[i]!
          verdicts.set(key, Object.assign(verdicts.get(key) ?? answer, answer))
          return verdicts.get(key)!
        })
      return { consume: (charges) => live(charges, right.consume(charges)) }
    }),
    'hands out verdicts that later calls do not change',
  ],
  'sorts the charges that it is given': [
    but((right) => ({
      consume(charges) {
        const verdicts = right.consume(charges)
        if (!Object.isFrozen(charges)) (charges as Charge[]).sort((a, b) => (a.key < b.key ? 1 : -1))
        return verdicts
      },
    })),
    'takes frozen charges, and changes none that are not',
  ],
  'answers in the order of the keys': [
    but((right) => ({ consume: (charges) => right.consume(charges.toSorted((a, b) => (a.key < b.key ? 1 : -1))) })),
    'answers in the order of the charges',
  ],
  'writes behind': [
    but((right) => {
      let behind: Charges = []
      return {
        consume(charges) {
          right.consume(behind)
          behind = charges
          return right.peek(charges)
        },
      }
    }),
    'keeps nothing of the charges that it was given',
  ],

  'never answers a ping': [but(() => ({ ping: () => Promise.reject(new Error('No answer')) })), 'answers a ping'],
  'closes once only': [
    but((right) => ({
      close() {
        right.ping()
        right.close()
      },
    })),
    'can be closed twice',
  ],
  'goes on after it was closed': [but(() => ({ close() {} })), 'does nothing any more once it is closed'],
}

function named(change: (key: string) => string): (algorithm: string, key: string) => string {
  return (algorithm, key) => `${algorithm}:${change(key)}`
}
