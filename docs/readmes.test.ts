import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ONE_SCREEN = 60

const names = globSync('packages/*/README.md', { cwd: ROOT }).map((path) => path.split('/')[1]!)

describe.each(names)('the README of @rl/%s', (name) => {
  const text = readFileSync(`${ROOT}/packages/${name}/README.md`, 'utf8')

  it('fits on one screen', () => {
    expect(text.split('\n').length - 1).toBeLessThanOrEqual(ONE_SCREEN)
  })

  it('says what it is, how to install it, and how to use it, in this order', () => {
    const install = `\`\`\`sh\nnpm install (?:--save-dev )?(?:\\S+ )*@rl/${name}(?: \\S+)*\n\`\`\``
    const example = `\`\`\`ts\n(?:(?!\`\`\`)[^])*from '@rl/${name}'\n`
    expect(text).toMatch(new RegExp(`^# @rl/${name}\n\n[A-Z][^]*?\n${install}\n[^]*?${example}`))
  })

  it('leads to the documentation, and to the reference of what it exports', () => {
    expect(text).toMatch(/\]\(\.\.\/\.\.\/docs\/(?!api)[\w-]+\.md/)
    expect(text).toContain(`](../../docs/api/${name}.md)`)
  })
})
