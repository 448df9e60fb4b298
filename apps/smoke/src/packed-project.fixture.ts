import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

export const run = promisify(execFile)

/** As far as a user's installation goes by it. */
export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly license: string
  readonly sideEffects?: boolean
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly publishConfig?: unknown
  readonly engines: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** A package as it would be published. */
export interface PackedPackage {
  readonly tarball: string
  /** As it is in the tarball. */
  readonly manifest: Manifest
  readonly files: readonly string[]
}

/** The packages of the workspace, as their manifests in the sources say. */
export function workspaceManifests(): readonly { readonly folder: string; readonly manifest: Manifest }[] {
  return globSync('{packages,apps}/*/package.json').map((path) => ({
    folder: dirname(path),
    manifest: JSON.parse(readFileSync(path, 'utf8')) as Manifest,
  }))
}

/** Packs what lies in a folder of the workspace, as built. */
export async function pack(folder: string, destination: string): Promise<PackedPackage> {
  const { stdout } = await run('pnpm', ['pack', '--json', '--pack-destination', destination], { cwd: folder })
  const { filename, files } = JSON.parse(stdout) as { filename: string; files: { path: string }[] }
  const { stdout: manifest } = await run('tar', ['-xzOf', filename, 'package/package.json'])
  return { tarball: filename, manifest: JSON.parse(manifest) as Manifest, files: files.map(({ path }) => path) }
}

/** An empty project outside the workspace, as a user has one. */
export class PackedProject {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async create(): Promise<PackedProject> {
    return new PackedProject(await mkdtemp(join(tmpdir(), 'rl-packed-')))
  }

  /** Installs dependencies and what they need; our own packages, wherever they are asked for, from their tarballs. */
  async install(dependencies: Readonly<Record<string, string>>, packed: readonly PackedPackage[]): Promise<void> {
    const tarballs = Object.fromEntries(packed.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]))
    await this.write('package.json', JSON.stringify({ private: true, dependencies }))
    // A flat node_modules, as npm makes it; and no package that nobody has asked for.
    const settings = { nodeLinker: 'hoisted', autoInstallPeers: false, pmOnFail: 'ignore', overrides: tarballs }
    await this.write('pnpm-workspace.yaml', JSON.stringify(settings))
    await run('pnpm', ['install', '--prefer-offline', '--no-frozen-lockfile', '--ignore-scripts'], { cwd: this.folder })
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.folder, path)), { recursive: true })
    await writeFile(join(this.folder, path), text)
  }

  /** The names of all packages that are installed. */
  async installed(): Promise<readonly string[]> {
    const modules = join(this.folder, 'node_modules')
    const names = (await readdir(modules)).filter((name) => !name.startsWith('.'))
    const scoped = names.map(async (name) =>
      name.startsWith('@') ? (await readdir(join(modules, name))).map((own) => `${name}/${own}`) : [name],
    )
    return (await Promise.all(scoped)).flat().toSorted()
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true })
  }
}
