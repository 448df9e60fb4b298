import { describe, expect, it } from 'vitest'

import { DosGuard } from './dos-guard.ts'
import type { BanEvent } from './dos-guard-events.ts'
import type { DosGuardOptions } from './dos-guard-options.ts'

const SMALL = 65_536

/** A guard whose clock stands still until it is turned, and what it has told. */
function guardWith(options: DosGuardOptions = {}) {
  const clock = { now: 1_700_000_000_000 }
  const told: BanEvent[] = []
  const guard = new DosGuard({
    maxBytes: SMALL,
    ban: { jitter: 0 },
    clock: () => clock.now,
    ...options,
  })
  guard.on('ban', (ban) => void told.push(ban))
  return {
    guard,
    clock,
    told,
    /** How many of so many requests, each from the next of the addresses, are answered as an attack. */
    attacks: (requests: number, addressOf: (i: number) => string): number => {
      let attacks = 0
      for (let i = 0; i < requests; i++) if (guard.detectAttack(addressOf(i))) attacks += 1
      return attacks
    },
  }
}

describe('a guard without options', () => {
  it('finds the 101st request of a source within a minute, and no earlier one', () => {
    const guard = new DosGuard()
    const answers = Array.from({ length: 102 }, () => guard.detectAttack('203.0.113.7'))
    expect(answers.indexOf(true)).toBe(100)
    expect(answers.slice(100)).toEqual([true, true])
    expect(guard.detectAttack('203.0.113.8')).toBe(false)
  })

  it('keeps to 32 MiB', () => {
    expect(new DosGuard().stats().bytes).toBeLessThanOrEqual(32 * 2 ** 20)
  })
})

it('finds a flood that comes all at once, whatever the threshold', () => {
  const { attacks } = guardWith({ threshold: 65_534, windowMs: 3_600_000 })
  expect(attacks(65_535, () => '203.0.113.7')).toBe(1)
})

describe('a window', () => {
  it.each([
    [59_999, true],
    [60_000, false],
  ])('that began %i ms ago: its hundred requests and one more are an attack: %j', (laterMs, isAttack) => {
    const { guard, clock, attacks } = guardWith()
    expect(attacks(100, () => '203.0.113.7')).toBe(0)
    clock.now += laterMs
    expect(guard.detectAttack('203.0.113.7')).toBe(isAttack)
  })
})

describe('a source', () => {
  it.each([
    ['an IPv4 address, however it is written', ['203.0.113.7', '::ffff:203.0.113.7', '::ffff:cb00:7107']],
    ['an IPv6 /64, however it is written', ['2001:db8:1:2::1', '2001:0DB8:1:2:3:4:5:6', '2001:db8:1:2::1%eth0']],
  ])('is %s', (_what, spellings) => {
    const { guard, attacks } = guardWith()
    expect(attacks(100, (i) => spellings[i % spellings.length]!)).toBe(0)
    for (const spelling of spellings) expect(guard.detectAttack(spelling)).toBe(true)
  })

  it.each(['', 'unknown', '203.0.113.7:80', '[2001:db8::1]', '203.0.113.0/24', '010.0.0.1', undefined, null, 7])(
    'is not %j',
    (address) => {
      const { guard } = guardWith()
      for (const ask of ['detectAttack', 'inspect'] as const) {
        expect(() => guard[ask](address as string)).toThrow(
          expect.objectContaining({ name: 'RequestError', code: 'RL_INVALID_ADDRESS' }),
        )
      }
      expect(guard.stats().sources).toBe(0)
    },
  )
})

describe('an attacker that changes its address within', () => {
  it.each<[string, number, (i: number) => string, string, string]>([
    ['a /24', 3200, (i) => `203.0.113.${i % 256}`, '203.0.113.0/24', '203.0.112.1'],
    [
      'a /56',
      800,
      (i) => `2001:db8:1:2${(i % 256).toString(16).padStart(2, '0')}::1`,
      '2001:db8:1:200::/56',
      '2001:db8:1:300::1',
    ],
    ['a /48', 6400, (i) => `2001:db8:1:${i.toString(16)}::1`, '2001:db8:1::/48', '2001:db8:2::1'],
  ])(
    '%s is found after %i requests, and its neighbours outside are not',
    (_what, most, addressOf, scope, neighbour) => {
      const networks = { 'ipv4/24': 3200, 'ipv6/56': 800, 'ipv6/48': 6400 }
      const { guard, told, attacks } = guardWith({ networks, maxBytes: 2 ** 21 })
      expect(attacks(most, addressOf)).toBe(0)
      expect(guard.inspect(addressOf(0))).toMatchObject({ attack: true, banned: true, scope })
      expect(told).toEqual([
        { address: addressOf(0), scope, strikes: 1, banMs: 60_000, requests: most + 1, shared: false },
      ])
      expect(guard.detectAttack(neighbour)).toBe(false)
    },
  )

  it('any network is not found where no networks are counted', () => {
    const { attacks } = guardWith({ networks: {} })
    expect(attacks(25_600, (i) => `203.0.113.${i % 256}`)).toBe(0)
  })
})

describe('the neighbours of an attacker', () => {
  it('are not banned for what it sends while it is banned', () => {
    const { guard, attacks, told } = guardWith()
    expect(attacks(100_000, () => '203.0.113.7')).toBe(99_900)
    expect(guard.detectAttack('203.0.113.8')).toBe(false)
    expect(told.map(({ scope }) => scope)).toEqual(['203.0.113.7'])
  })

  it('are not banned for what it and others like it have sent before', () => {
    const { guard, attacks, told } = guardWith()
    for (let host = 0; host < 255; host++) attacks(101, () => `203.0.113.${host}`)
    expect(told).toHaveLength(255)
    expect(attacks(100, () => '203.0.113.255')).toBe(0)
    const nested = guardWith({ networks: { 'ipv6/56': 200, 'ipv6/48': 300 } })
    for (let i = 0; i < 20; i++) nested.attacks(101, () => `2001:db8:1:2${(10 + i).toString()}::1`)
    for (let i = 0; i < 3; i++) nested.attacks(201, (j) => `2001:db8:1:4${i}${(j % 10).toString()}::1`)
    expect(nested.guard.detectAttack('2001:db8:1:500::1')).toBe(false)
    expect(guard.detectAttack('203.0.113.254')).toBe(true)
  })

  it('have exactly what an attacker has sent taken back', () => {
    const { guard, attacks } = guardWith({ networks: { 'ipv4/24': 260 } })
    attacks(159, (i) => `203.0.113.${i % 10}`)
    expect(attacks(101, () => '203.0.113.77')).toBe(1)
    expect(attacks(101, (i) => `203.0.113.${10 + (i % 10)}`)).toBe(0)
    expect(guard.inspect('203.0.113.30')).toMatchObject({ attack: true, scope: '203.0.113.0/24' })
  })
})

describe('a ban', () => {
  it('is told to last as long as any of those that the address is under', () => {
    const { guard, clock, attacks } = guardWith({ networks: { 'ipv4/24': 200 } })
    attacks(101, () => '203.0.113.7')
    clock.now += 30_000
    attacks(201, (i) => `203.0.113.${10 + (i % 10)}`)
    clock.now += 29_000
    expect(guard.inspect('203.0.113.7')).toMatchObject({ scope: '203.0.113.7', banEndsInMs: 31_000 })
    clock.now += 30_999
    expect(guard.detectAttack('203.0.113.7')).toBe(true)
    clock.now += 1
    expect(guard.detectAttack('203.0.113.7')).toBe(false)
  })

  it('ends, and grows when its source goes on', () => {
    const { guard, clock, attacks, told } = guardWith()
    for (const banMs of [60_000, 240_000, 960_000, 3_600_000, 3_600_000]) {
      expect(attacks(101, () => '203.0.113.7')).toBe(1)
      expect(told.at(-1)!.banMs).toBe(banMs)
      clock.now += banMs - 1
      expect(guard.inspect('203.0.113.7')).toMatchObject({ attack: true, banEndsInMs: 1 })
      clock.now += 1
    }
    expect(guard.inspect('203.0.113.7')).toEqual({
      attack: false,
      banned: false,
      banEndsInMs: 0,
      strikes: 5,
      scope: undefined,
    })
    clock.now += 5 * 86_400_000
    expect(guard.inspect('203.0.113.7').strikes).toBe(0)
  })

  it('of a network is for all who are in it', () => {
    const { guard, clock, attacks } = guardWith({ networks: { 'ipv4/24': 200 } })
    attacks(201, (i) => `203.0.113.${i % 10}`)
    expect(guard.detectAttack('203.0.113.200')).toBe(true)
    clock.now += 60_000
    expect(guard.detectAttack('203.0.113.200')).toBe(false)
  })

  it('is in the list of bans until it ends', () => {
    const { guard, clock, attacks } = guardWith({ networks: { 'ipv4/24': 200, 'ipv6/48': 200 } })
    attacks(101, () => '192.0.2.1')
    attacks(201, (i) => `203.0.113.${i % 10}`)
    clock.now += 1000
    attacks(101, () => '2001:db8:1:2::1')
    expect(guard.bans()).toEqual([
      { scope: '192.0.2.1', strikes: 1, endsInMs: 59_000 },
      { scope: '203.0.113.0/24', strikes: 1, endsInMs: 59_000 },
      { scope: '2001:db8:1:2::/64', strikes: 1, endsInMs: 60_000 },
    ])
    clock.now += 59_000
    expect(guard.bans().map(({ scope }) => scope)).toEqual(['2001:db8:1:2::/64'])
  })

  it.each([
    ['203.0.113.7', () => '203.0.113.7'],
    ['::ffff:203.0.113.7', () => '203.0.113.7'],
    ['203.0.113.7/32', () => '203.0.113.7'],
    ['203.0.113.0/24', (i: number) => `203.0.113.${i % 10}`],
    ['2001:db8:1:2::/64', () => '2001:db8:1:2::1'],
    ['2001:db8:1:2::7', () => '2001:db8:1:2::1'],
  ])('can be forgiven by its scope, as %s', (scope, addressOf) => {
    const { guard, attacks } = guardWith({ networks: { 'ipv4/24': 200 } })
    attacks(201, addressOf)
    expect(guard.detectAttack(addressOf(7))).toBe(true)
    expect([guard.forgive(scope), guard.forgive(scope)]).toEqual([true, false])
    const sentBefore = scope.endsWith('/24') ? 20 : 0
    expect(attacks(100 - sentBefore, () => addressOf(7))).toBe(0)
    expect(guard.inspect(addressOf(7))).toMatchObject({ attack: true, strikes: 1 })
  })

  it('that is not there can be forgiven: the source is counted anew', () => {
    const { guard, attacks } = guardWith()
    attacks(100, () => '203.0.113.7')
    expect(guard.forgive('203.0.113.7')).toBe(false)
    expect(attacks(100, () => '203.0.113.7')).toBe(0)
  })

  it.each(['', 'nobody', '203.0.113.0/23', '203.0.113.0/24/1', '2001:db8::/32', '2001:db8::/24', undefined])(
    'of %j there is none to forgive',
    (scope) => {
      const { guard } = guardWith()
      expect(() => guard.forgive(scope as string)).toThrow(expect.objectContaining({ code: 'RL_INVALID_ADDRESS' }))
    },
  )
})

describe('who is allowed', () => {
  const allow = ['192.0.2.0/24', '203.0.113.7', '2001:db8:1:2::7', '2001:db8:a000::/36']

  it.each(['192.0.2.200', '203.0.113.7', '::ffff:203.0.113.7', '2001:db8:1:2::7', '2001:db8:afff::1'])(
    'is never an attacker, as %s',
    (address) => {
      const { guard, attacks } = guardWith({ allow })
      expect(attacks(1000, () => address)).toBe(0)
      expect(guard.stats().sources).toBe(0)
    },
  )

  it.each(['192.0.3.1', '203.0.113.8', '2001:db8:1:2::8', '2001:db8:b000::1', '::c000:201'])(
    'is not the one beside, as %s',
    (address) => {
      expect(guardWith({ allow }).attacks(101, () => address)).toBe(1)
    },
  )

  it('is let in from a network that is banned', () => {
    const { guard, attacks } = guardWith({ allow, networks: { 'ipv4/24': 100 } })
    attacks(101, (i) => `203.0.113.${10 + i}`)
    expect(guard.detectAttack('203.0.113.8')).toBe(true)
    expect(guard.detectAttack('203.0.113.7')).toBe(false)
  })
})

describe('in shadow', () => {
  it('all is found and told, and nothing answered as an attack', () => {
    const { guard, told, attacks } = guardWith({ mode: 'shadow' })
    expect(attacks(1000, () => '203.0.113.7')).toBe(0)
    expect(told).toMatchObject([{ scope: '203.0.113.7', requests: 101, banMs: 60_000 }])
    expect(guard.inspect('203.0.113.7')).toEqual({
      attack: false,
      banned: true,
      banEndsInMs: 60_000,
      strikes: 1,
      scope: '203.0.113.7',
    })
    expect(guard.bans()).toHaveLength(1)
  })
})

describe('a listener', () => {
  it('that throws decides nothing', () => {
    const { guard, attacks } = guardWith()
    guard.on('ban', () => {
      throw new Error('the log is full')
    })
    expect(attacks(102, () => '203.0.113.7')).toBe(2)
  })

  it('may ask the guard about others, and forgive', () => {
    const { guard, attacks } = guardWith()
    guard.on('ban', ({ scope }) => {
      guard.inspect('2001:db8::1')
      if (scope === '203.0.113.9') guard.forgive(scope)
    })
    attacks(100, () => '203.0.113.7')
    expect(guard.inspect('203.0.113.7')).toMatchObject({ attack: true, scope: '203.0.113.7' })
    expect(attacks(102, () => '203.0.113.9')).toBe(1)
    expect(guard.inspect('203.0.113.9')).toMatchObject({ attack: false, strikes: 0 })
  })

  it('hears nothing any more once it has left', () => {
    const { guard, attacks, told } = guardWith()
    const heard: string[] = []
    const leave = guard.on('ban', ({ scope }) => void heard.push(scope))
    attacks(101, () => '203.0.113.7')
    leave()
    attacks(101, () => '203.0.113.8')
    expect(heard).toEqual(['203.0.113.7'])
    expect(told).toHaveLength(2)
    expect(() => guard.on('bann' as 'ban', () => {})).toThrow(expect.objectContaining({ code: 'RL_INVALID_OPTION' }))
  })
})

describe('memory', () => {
  it('is the same after a million addresses, and none of them is lost that sends', () => {
    const { guard, attacks } = guardWith()
    const before = guard.stats()
    const addressOf = (i: number) => `${1 + (i >>> 16)}.${(i >>> 8) & 255}.${i & 255}.1`
    attacks(60, () => '203.0.113.7')
    expect(attacks(1_000_000, addressOf)).toBe(0)
    expect(attacks(41, () => '203.0.113.7')).toBe(1)
    const { sources, maxSources, bytes, displaced, uncounted } = guard.stats()
    expect({ bytes, sources }).toEqual({ bytes: before.bytes, sources: maxSources - 1 })
    expect(bytes).toBeLessThanOrEqual(SMALL)
    expect(displaced + uncounted).toBeGreaterThan(1_000_000)
  })

  it('for bans is the same after ten thousand of them', () => {
    const { guard, attacks } = guardWith({ threshold: 1, networks: {} })
    attacks(20_000, (i) => `10.0.${i >>> 9}.${(i >>> 1) & 255}`)
    const { bans, maxBans, bytes } = guard.stats()
    expect(bans).toBe(maxBans)
    expect(guard.bans()).toHaveLength(maxBans)
    expect(bytes).toBeLessThanOrEqual(SMALL)
  })
})

describe('chance', () => {
  /** After how many requests each of fifty attackers is found, in a table that others keep full. */
  const delays = (options: DosGuardOptions) => {
    const { guard, attacks } = guardWith(options)
    return Array.from({ length: 50 }, (_, i) => {
      attacks(1000, (j) => `10.${i}.${j >>> 2}.${j & 3}`)
      let requests = 0
      while (!guard.detectAttack(`203.0.${i}.7`)) requests += 1
      return requests
    })
  }

  it('is another for each guard', () => {
    expect(delays({})).not.toEqual(delays({}))
    expect(delays({ seed: 1 })).not.toEqual(delays({ seed: 2 }))
  })

  it('is the same from the same seed', () => {
    expect(delays({ seed: 1 })).toEqual(delays({ seed: 1 }))
  })
})

describe('options', () => {
  it.each<[Record<string, unknown>, string]>([
    [{ threshold: 0 }, '`threshold`'],
    [{ threshold: Number.NaN }, '`threshold`'],
    [{ threshold: 65_535 }, '`threshold`'],
    [{ windowMs: 0.5 }, '`windowMs`'],
    [{ windowMs: 1e12 }, '`windowMs`'],
    [{ networks: null }, '`networks`'],
    [{ networks: [] }, '`networks`'],
    [{ networks: new Map([['ipv4/24', 200]]) }, '`networks`'],
    [{ networks: { 'ipv4/24': 0 } }, "networks['ipv4/24']"],
    [{ networks: { 'ipv4/24': undefined } }, "networks['ipv4/24']"],
    [{ networks: { 'ipv4/24': Number.NaN } }, "networks['ipv4/24']"],
    [{ networks: { 'ipv4/32': 200 } }, 'ipv4/8 to ipv4/31'],
    [{ networks: { 'ipv6/64': 200 } }, 'ipv6/8 to ipv6/63'],
    [{ networks: { 'ipv4/7': 200 } }, 'ipv4/8 to ipv4/31'],
    [{ networks: { '/24': 200 } }, 'ipv4/8 to ipv4/31'],
    [{ networks: { 'ipv4/24': 99 } }, 'a wider network'],
    [{ networks: { 'ipv6/56': 200, 'ipv6/48': 199 } }, 'a wider network'],
    [{ ban: null }, '`ban`'],
    [{ ban: { baseMs: 0 } }, '`ban.baseMs`'],
    [{ ban: { factor: 0.9 } }, '`ban.factor`'],
    [{ ban: { factor: Infinity } }, '`ban.factor`'],
    [{ ban: { factor: Number.NaN } }, '`ban.factor`'],
    [{ ban: { factor: '2' } }, '`ban.factor`'],
    [{ ban: { ceilingMs: 59_999 } }, '`ban.ceilingMs`'],
    [{ ban: { ceilingMs: null } }, '`ban.ceilingMs`'],
    [{ ban: { jitter: 1.1 } }, '`ban.jitter`'],
    [{ ban: { jitter: Number.NaN } }, '`ban.jitter`'],
    [{ ban: { forgiveMs: 1e11 } }, '`ban.forgiveMs`'],
    [{ allow: 'nobody' }, '`allow`'],
    [{ allow: Array(1) }, '`allow`'],
    [{ allow: ['user:42'] }, '`allow`'],
    [{ allow: ['192.0.2.1/24'] }, '`allow`'],
    [{ mode: 'off' }, '`mode`'],
    [{ store: {} }, '`store`'],
    [{ maxBytes: null }, '`maxBytes`'],
    [{ maxBytes: 1000 }, '`maxBytes`'],
    [{ maxBytes: Infinity }, '`maxBytes`'],
    [{ clock: 7 }, '`clock`'],
    [{ seed: 0.5 }, '`seed`'],
  ])('%j are refused', (options, what) => {
    expect(() => new DosGuard(options)).toThrow(
      expect.objectContaining({ code: 'RL_INVALID_OPTION', message: expect.stringContaining(what) }),
    )
  })

  it.each([{ treshold: 7 }, { ban: { basems: 7 } }])('%j are unknown', (options) => {
    expect(() => new DosGuard(options as DosGuardOptions)).toThrow(
      expect.objectContaining({ code: 'RL_UNKNOWN_OPTION' }),
    )
  })

  it('may say that a network is allowed no more than a source, and a base above the usual ceiling', () => {
    const { attacks } = guardWith({ networks: { 'ipv4/24': 100 }, ban: { baseMs: 7_200_000 } })
    expect(attacks(101, (i) => `203.0.113.${i}`)).toBe(1)
  })

  it('that are a clock which tells no time fail when it is asked', () => {
    const { guard } = guardWith({ clock: () => Number.NaN })
    expect(() => guard.detectAttack('203.0.113.7')).toThrow(expect.objectContaining({ code: 'RL_INVALID_CLOCK' }))
  })
})
