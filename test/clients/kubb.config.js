import { pluginClient } from '@kubb/plugin-client';
import { pluginOas } from '@kubb/plugin-oas';
import { pluginTs } from '@kubb/plugin-ts';

/** @type {import('@kubb/core').UserConfig} */
export default {
  root: '.',
  input: { path: '../../docs/openapi.json' },
  output: { path: 'generated/kubb', clean: true, barrelType: false, format: false, lint: false },
  plugins: [
    pluginOas({ validate: false, generators: [] }),
    pluginTs({ output: { path: 'types', barrelType: 'named' }, enumType: 'asConst' }),
    // Its own copy of the client: the types of the published one don't compile without skipLibCheck.
    pluginClient({ output: { path: 'clients', barrelType: 'named' }, client: 'fetch', bundle: true }),
  ],
};
