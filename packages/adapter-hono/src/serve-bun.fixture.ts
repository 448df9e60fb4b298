import type { AdapterConfig } from '@rl/conformance'
import { getConnInfo } from 'hono/bun'

import { conformanceApp } from './conformance-app.fixture.ts'

declare const Bun: {
  readonly serve: (options: { readonly port: number; readonly hostname: string; readonly fetch: unknown }) => {
    readonly port: number
  }
}

const { fetch } = conformanceApp(JSON.parse(process.argv[2]!) as AdapterConfig, getConnInfo)
const { port } = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch })
process.stdout.write(JSON.stringify({ port }))
