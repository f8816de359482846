/**
 * `npm run bench` lists what can be measured; `npm run bench -- storm` measures it. Each is a file
 * beside this one, which says what it prints. None is a test: figures differ between machines.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const [name, ...given] = process.argv.slice(2)
const files = readdirSync(import.meta.dirname).filter(
  (file) => file !== basename(import.meta.filename),
)
const names = files.map((file) => basename(file, '.ts'))
if (name !== undefined && names.includes(name)) {
  const file = join(import.meta.dirname, `${name}.ts`)
  process.argv = [process.execPath, file, ...given]
  await import(file)
} else {
  for (const one of names) {
    const text = readFileSync(join(import.meta.dirname, `${one}.ts`), 'utf8')
    const comment = /^\/\*\*(.*?)\*\//s.exec(text)?.[1] ?? ''
    process.stdout.write(`${one}:${comment.replaceAll(/\s*\n \*/g, '')}\n\n`)
  }
}
