#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Entry point of the command line. What Node compiles is kept for the next start, which takes half
// the time then. This must come before the program is imported.
enableCompileCache()
await import('./cli/program.ts')
