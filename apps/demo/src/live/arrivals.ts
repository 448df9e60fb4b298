type Groups = readonly (readonly [atMs: number, requests: number])[]

/** When requests come, in groups that come at once, and what it shows. */
export const ARRIVALS = {
  seam: {
    explanation:
      'One request opens a window. Ten come just before its end and ten just after: a fixed window lets nearly all of them through within a second, the others do not.',
    groups: [
      [0, 1],
      [9500, 10],
      [10_500, 10],
      [15_000, 4],
      [20_000, 4],
      [25_000, 4],
    ],
  },
  double: {
    explanation: 'Two requests a second, twice what is allowed, without pause: who is let in, and in what rhythm?',
    groups: every(500, 1),
  },
  bursts: {
    explanation: 'Twelve requests at once, every five seconds: who is ready again for the next burst?',
    groups: every(5000, 12),
  },
  steady: {
    explanation:
      'One request a second, exactly what is allowed: who keeps to the limit is let through, but for the two counters, which estimate and now and then deny one too many.',
    groups: every(1000, 1),
  },
} as const satisfies Record<string, { readonly explanation: string; readonly groups: Groups }>

function every(periodMs: number, requests: number): Groups {
  return Array.from({ length: 30_000 / periodMs }, (_, i) => [i * periodMs, requests] as const)
}
