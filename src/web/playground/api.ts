const KEY_NAME = 'control-mvr-api-key';

/** As GraphiQL hands it over. */
export interface GraphqlRequest {
  query: string;
  operationName?: string | null;
  variables?: unknown;
}

/** The server's answer as it came. */
export type GraphqlResponse = Record<string, unknown>;

/** Sends a request; asks for an API key where the server wants one, until it takes it. */
export async function sendGraphql(
  request: GraphqlRequest,
  headers: Record<string, string> = {},
): Promise<GraphqlResponse> {
  for (;;) {
    const key = sessionStorage.getItem(KEY_NAME);
    const response = await fetch('../graphql', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(key && { Authorization: `Bearer ${key}` }),
        ...headers,
      },
      body: JSON.stringify(dropStaleName(request)),
    });
    if (response.status !== 401) return response.json();
    // Another request may have been given a new key while this one was on its way.
    if (sessionStorage.getItem(KEY_NAME) === key) {
      openQuestion ??= askForKey(key !== null).finally(() => {
        openQuestion = null;
      });
      sessionStorage.setItem(KEY_NAME, await openQuestion);
    }
  }
}

/** Just after a change of tabs GraphiQL still names the operation of the tab before. */
function dropStaleName({ operationName, ...request }: GraphqlRequest): GraphqlRequest {
  const isNamed = operationName && new RegExp(`\\b${operationName}\\b`).test(request.query);
  return isNamed ? { ...request, operationName } : request;
}

let openQuestion: Promise<string> | null = null;

function askForKey(wasRefused: boolean): Promise<string> {
  const dialog = document.querySelector('#key-dialog') as HTMLDialogElement;
  const input = document.querySelector('#key-input') as HTMLInputElement;
  const hint = document.querySelector('#key-hint') as HTMLElement;
  if (wasRefused) hint.textContent = 'The server refused that key. Try another one.';
  input.value = '';
  dialog.showModal();
  return new Promise((resolve) => {
    // Escape would leave the page without a way on.
    dialog.oncancel = (event) => event.preventDefault();
    dialog.onclose = () => resolve(input.value.trim());
  });
}
