import type { OpenAPIObject } from '@nestjs/swagger';

/** The parts of Swagger UI that the functions below use; they run in the browser. */
interface SwaggerUi {
  preauthorizeApiKey: (scheme: string, value: string) => void;
  readonly authActions: { logout: (schemes: readonly string[]) => void };
}

/** A response that Swagger UI has received. */
interface ReceivedResponse {
  readonly ok: boolean;
  readonly url: string;
  readonly body?: { readonly accessToken?: unknown } | null;
}

/** Tags with their operations (Immutable.js). */
interface TaggedOperations {
  map: (change: (tag: TaggedOperations) => TaggedOperations) => TaggedOperations;
  filter: (accepts: (tag: TaggedOperations) => boolean) => TaggedOperations;
  update: (name: string, change: (operations: OperationList) => OperationList) => TaggedOperations;
  get: (name: string) => { readonly size: number };
}

interface OperationList {
  filter: (accepts: (operation: { toJS: () => object }) => boolean) => OperationList;
}

declare const window: { readonly ui: SwaggerUi };

/** The functions are sent as source text: they use nothing outside of their own body. */
export const swaggerOptions = {
  persistAuthorization: true,
  filter: true,
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // The schemas follow the operations, closed.
  defaultModelsExpandDepth: 0,
  /** A login authorizes the page, a logout ends that. */
  responseInterceptor: function (response: ReceivedResponse): ReceivedResponse {
    const token = response.ok ? response.body?.accessToken : undefined;
    if (typeof token === 'string') window.ui.preauthorizeApiKey('bearer', token);
    if (response.ok && response.url.endsWith('/v1/auth/logout')) window.ui.authActions.logout(['bearer']);
    return response;
  },
  fn: {
    /** Filters operations by method, path, summary and operationId; the default filters tags. */
    opsFilter: function (tags: TaggedOperations, phrase: string): TaggedOperations {
      const words = phrase.toLowerCase().split(/\s+/);
      const matches = (operation: { toJS: () => object }): boolean => {
        const { path, method, operation: details } = operation.toJS() as Record<string, unknown>;
        const { summary, operationId, tags: names } = details as Record<string, unknown>;
        const text = [method, path, summary, operationId, names].join(' ').toLowerCase();
        return words.every((word) => text.includes(word));
      };
      return tags
        .map((tag) => tag.update('operations', (operations) => operations.filter(matches)))
        .filter((tag) => tag.get('operations').size > 0);
    },
  },
};

/** Names controls for their users: Swagger UI names the filter after its own one, by tags, and leaves others unnamed. */
export const docsScript = `'use strict';
const names = {
  '.operation-filter-input': 'Filter operations',
  '#servers': 'Server',
  '.body-param__text': 'Request body',
  '.examples-select-element': 'Example',
  '.content-type': 'Media type',
  '.opblock-body textarea': 'Value',
  '.opblock-body select': 'Value',
};
function nameControls() {
  for (const [selector, name] of Object.entries(names)) {
    for (const control of document.querySelectorAll(selector + ':not([aria-label])')) {
      control.setAttribute('aria-label', name);
      if (selector === '.operation-filter-input') control.placeholder = 'Filter operations: login, POST jobs, …';
    }
  }
}
new MutationObserver(nameControls).observe(document.getElementById('swagger-ui'), { childList: true, subtree: true });
`;

/** Colors with a contrast of 4.5:1 (WCAG 2.2 §1.4.3), and less height above the operations. */
export const docsStyle = `
.swagger-ui .topbar { display: none; }
.swagger-ui .info { margin: 1.25rem 0 .75rem; }
.swagger-ui .info .title { font-size: 1.75rem; }
.swagger-ui .info hgroup.main { margin: 0 0 .5rem; }
.swagger-ui .info p, .swagger-ui .info summary { margin: .25rem 0; font-size: .9375rem; }
.swagger-ui .info summary { cursor: pointer; min-height: 1.75rem; }
.swagger-ui .info__license { display: none; }
.swagger-ui .scheme-container { margin: 0 0 .5rem; padding: .75rem 0; }
.swagger-ui .filter .operation-filter-input { margin: .75rem 0; width: 100%; }
.swagger-ui .filter-container { width: 100%; }
.swagger-ui .opblock { margin: 0 0 .5rem; }
.swagger-ui .opblock-tag { margin: 0 0 .35rem; padding: .5rem; }
html:not(.dark-mode) .swagger-ui {
  & .opblock .opblock-summary-method { background: #5a6270; }
  & .opblock-get .opblock-summary-method { background: #1662b8; }
  & .opblock-post .opblock-summary-method { background: #0c7a4b; }
  & .opblock-put .opblock-summary-method { background: #965300; }
  & .opblock-patch .opblock-summary-method { background: #0b7566; }
  & .opblock-delete .opblock-summary-method { background: #c22121; }
  & .btn.authorize { color: #0c7a4b; border-color: #0c7a4b; }
  & .btn.authorize svg { fill: #0c7a4b; }
  & .version-stamp .version, & .info .title small { background: #5a6270; }
  & .btn.execute { background: #1662b8; border-color: #1662b8; }
  & .btn.cancel { color: #c22121; border-color: #c22121; }
  & .parameter__in, & .header-example, & .parameter__extension, & .response-col_links i, & .model-title__small { color: #4f5766; }
  & .info a, & .renderedMarkdown a, & .link { color: #1557a8; }
}
html.dark-mode .swagger-ui {
  & .btn.cancel, & .btn.try-out__btn.cancel { color: #ff9b9b; border-color: #ff9b9b; }
  & .headers .header-col, & .header-example, & .parameter__in { color: #d4d8d8; }
}
/* Strings and numbers in examples; their colors are inline. */
.swagger-ui .microlight span[style*="rgb(211, 99, 99)"] { color: #ffa3a3 !important; }
`;

/** A parameter; a reference to a shared one has none of the members. */
interface ShownParameter {
  readonly in?: string;
  readonly name?: string;
  readonly required?: boolean;
  readonly example?: unknown;
  readonly schema?: { readonly examples?: readonly unknown[] };
}

/**
 * The document as the page shows it: the introduction is closed after its first paragraph, operations that need no
 * credentials precede the others of their tag, and required headers and query parameters are filled in, so that an
 * operation can be executed at once.
 */
export function shownDocument(document: OpenAPIObject): OpenAPIObject {
  const [first = '', ...rest] = (document.info.description ?? '').split('\n\n');
  const description = [first, '<details><summary>Errors, lists and permissions</summary>', ...rest, '</details>'];
  const info = { ...document.info, description: description.join('\n\n') };
  const shown = structuredClone({ ...document, info, paths: publicFirst(document.paths) });
  const shared = (shown.components?.parameters ?? {}) as Record<string, ShownParameter>;
  for (const [name, parameter] of Object.entries(shared)) shared[name] = filledIn(parameter);
  for (const operations of Object.values(shown.paths)) {
    for (const operation of Object.values(operations) as { parameters?: ShownParameter[] }[]) {
      if (operation.parameters !== undefined) operation.parameters = operation.parameters.map(filledIn);
    }
  }
  return shown;
}

function filledIn(parameter: ShownParameter): ShownParameter {
  if (parameter.required !== true || parameter.in === 'path' || parameter.example !== undefined) return parameter;
  // Every version of the resource.
  const example = parameter.name === 'If-Match' ? '*' : parameter.schema?.examples?.[0];
  return example === undefined ? parameter : { ...parameter, example };
}

function publicFirst(paths: OpenAPIObject['paths']): OpenAPIObject['paths'] {
  const isPublic = (operations: object): boolean =>
    Object.values(operations as Record<string, { security?: readonly object[] }>).some(
      ({ security = [] }) => security.length === 0,
    );
  const entries = Object.entries(paths);
  const first = entries.filter(([, operations]) => isPublic(operations));
  return Object.fromEntries([...first, ...entries.filter(([, operations]) => !isPublic(operations))]);
}
