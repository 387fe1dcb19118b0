// A trace saved as one HTML file holds the page's own code. That is built beside the app from src/saved/main.tsx: one
// script and one style sheet with nothing outside of them, workers included. `virtual:saved-page` says where they are.
import { build, type Plugin, type Rollup } from 'vite';

const kId = 'virtual:saved-page';
const kResolved = `\0${kId}`;

interface Parts {
  script: string;
  style: string;
}

export function savedPage(target: string[]): Plugin {
  let serves = false;
  return {
    name: 'saved-page',
    configResolved(config) {
      serves = config.command === 'serve';
    },
    resolveId: id => (id === kId ? kResolved : undefined),
    async load(id) {
      if (id !== kResolved) return undefined;
      const { script, style } = await buildParts(target);
      if (serves) return moduleOf(dataUrl('text/javascript', script), dataUrl('text/css', style));
      const emitted = (name: string, source: string) =>
        `import.meta.ROLLUP_FILE_URL_${this.emitFile({ type: 'asset', name, source })}`;
      return moduleOf(emitted('saved.js', script), emitted('saved.css', style));
    },
  };
}

function moduleOf(script: string, style: string): string {
  return `export const scriptUrl = ${script};\nexport const styleUrl = ${style};\n`;
}

function dataUrl(type: string, text: string): string {
  return JSON.stringify(`data:${type};base64,${Buffer.from(text).toString('base64')}`);
}

async function buildParts(target: string[]): Promise<Parts> {
  const result = (await build({
    configFile: false,
    logLevel: 'warn',
    plugins: [inlineWorkers(), withoutPages()],
    build: {
      write: false,
      target,
      assetsInlineLimit: Infinity,
      cssCodeSplit: false,
      modulePreload: false,
      rollupOptions: {
        input: 'src/saved/main.tsx',
        output: { format: 'es', codeSplitting: false },
      },
    },
  })) as Rollup.RollupOutput;
  const parts: Parts = { script: '', style: '' };
  for (const file of result.output) {
    if (file.type === 'chunk' && file.isEntry) parts.script = file.code;
    else if (file.type === 'asset' && file.fileName.endsWith('.css'))
      parts.style += String(file.source);
    else throw new Error(`the saved page would need the file ${file.fileName}`);
  }
  return parts;
}

/** Workers as text within the script: a page from a file may load no other. */
function inlineWorkers(): Plugin {
  const made = /new Worker\(\s*new URL\(\s*(['"][^'"]+['"]),\s*import\.meta\.url,?\s*\)[^)]*\)/g;
  return {
    name: 'inline-workers',
    enforce: 'pre',
    transform(code, id) {
      if (!id.includes('/src/') || !made.test(code)) return undefined;
      const imports: string[] = [];
      const inlined = code.replace(made, (_, path: string) => {
        const name = `InlineWorker${imports.length}`;
        imports.push(`import ${name} from ${path.slice(0, -1)}?worker&inline${path.slice(-1)};`);
        return `new ${name}()`;
      });
      return { code: `${imports.join('\n')}\n${inlined}`, map: null };
    },
  };
}

/** The router of a saved page knows no other page. */
function withoutPages(): Plugin {
  return {
    name: 'without-pages',
    enforce: 'pre',
    load: id => (id === kResolved ? moduleOf("''", "''") : undefined), // it cannot be saved again
    resolveId(id, importer) {
      if (id === kId) return kResolved;
      if (!/^\.[./]*\/router$/.test(id)) return undefined;
      return this.resolve('/src/saved/saved_router', importer);
    },
  };
}
