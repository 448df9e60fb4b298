import assert from 'node:assert/strict'

import type { AdapterCase } from '../adapter-case.ts'
import { limitFields } from '../client.ts'

/** A store that never answers, and the deadline that nobody has set. */
export const outageCases = {
  'lets requests pass that a store which hangs cannot decide': async ({ open }) => {
    const client = await open({ ip: '1 per minute', storeHangs: true })
    for (let i = 0; i < 2; i++) {
      const answer = await client.askInTime('/app/decision')
      assert.deepEqual([answer.status, limitFields(answer)], [200, [undefined, undefined, undefined]])
      assert.equal((JSON.parse(answer.body) as { degraded: unknown }).degraded, 'allow')
    }
  },

  'denies with 503 what a store which hangs cannot decide, where the rule says so': async ({ open }) => {
    const client = await open({ ip: '1 per minute', storeHangs: true, onStoreError: 'deny' })
    const { status, headers, body } = await client.askInTime('/app/hello')
    assert.deepEqual([status, headers['retry-after'], headers['cache-control']], [503, '1', 'no-store'])
    assert.equal(headers['x-app'], undefined, 'The app has been asked')
    const problem = JSON.parse(body) as Record<string, unknown>
    assert.equal(problem['type'], 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity')
    assert.deepEqual([problem['status'], problem['violated-policies']], [503, ['ip']])
  },
} satisfies Record<string, AdapterCase>
