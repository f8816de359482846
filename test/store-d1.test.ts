import { getPlatformProxy } from 'wrangler'
import { type D1Database, d1Store } from '../src/store/d1.ts'
import { storeContract } from './store-contract.ts'

let proxy: Awaited<ReturnType<typeof getPlatformProxy<{ DB: D1Database }>>>
storeContract(
  'D1',
  async () => {
    proxy = await getPlatformProxy<{ DB: D1Database }>({
      configPath: 'wrangler.toml',
      persist: false,
    })
    return d1Store(proxy.env.DB)
  },
  () => proxy.dispose(),
)
