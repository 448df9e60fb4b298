/**
 * `npm run mutate`: changes the code in one place at a time, and tells which changes no test notices. `-- core` and so on
 * narrow it to some of the groups; `-- lua` and what follows it is `mutate-lua.ts`.
 */
import { Stryker } from '@stryker-mutator/core'
