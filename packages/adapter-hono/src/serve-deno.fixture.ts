import type { AdapterConfig } from '@rl/conformance'
import { getConnInfo } from 'hono/deno'

import { conformanceApp } from './conformance-app.fixture.ts'

declare const Deno: {
  readonly serve: (
    options: { readonly port: number; readonly hostname: string },
    fetch: unknown,
  ) => {
    readonly addr: { readonly port: number }
  }
}

const { fetch } = conformanceApp(JSON.parse(process.argv[2]!) as AdapterConfig, getConnInfo)
const { port } = Deno.serve({ port: 0, hostname: '127.0.0.1' }, fetch).addr
process.stdout.write(JSON.stringify({ port }))
