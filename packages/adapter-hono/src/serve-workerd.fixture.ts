import type { AdapterConfig } from '@rl/conformance'
import { getConnInfo } from 'hono/cloudflare-workers'

import { conformanceApp } from './conformance-app.fixture.ts'

declare const CONFIG: AdapterConfig

export default conformanceApp(CONFIG, getConnInfo)
