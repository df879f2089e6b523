import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Where a Chromium may be; the first that is there. */
export const CHROMIUM_PATH =
  [
    process.env.CHROMIUM_PATH,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ].find((path) => path && existsSync(path)) ?? null;

export interface OpenPlayground {
  page: Page;
  /** Addresses outside the server's origin that the page asked for. */
  foreignRequests: string[];
  consoleErrors: string[];
  close(): Promise<void>;
}

/** Opens the playground of a running server in a fresh browser profile; `prepare` sees the page before it loads. */
export async function openPlayground(
  serverUrl: string,
  prepare: (page: Page) => Promise<unknown> = async () => {},
): Promise<OpenPlayground> {
  if (!CHROMIUM_PATH) throw new Error('There is no Chromium; set CHROMIUM_PATH.');
  const browser: Browser = await chromium.launch({ executablePath: CHROMIUM_PATH, args: ['--no-sandbox'] });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const foreignRequests: string[] = [];
  const consoleErrors: string[] = [];
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (['data:', 'blob:'].includes(protocol)) return;
    if (origin !== new URL(serverUrl).origin) foreignRequests.push(request.url());
  });
  page.on('console', (message) => {
    if (message.type() === 'error') consoleErrors.push(message.text());
  });
  page.on('pageerror', (error) => consoleErrors.push(String(error)));
  await prepare(page);
  await page.goto(`${serverUrl}/playground/`);
  return { page, foreignRequests, consoleErrors, close: () => browser.close() };
}

/** Waits for the tabs and gives their titles. */
export async function readTabTitles(page: Page): Promise<string[]> {
  await page.locator('.graphiql-tab').first().waitFor();
  return page.locator('.graphiql-tab-button').allInnerTexts();
}

/** Runs the tab of this title and gives the answer that the page shows. */
export async function runTab(page: Page, title: string): Promise<Record<string, unknown>> {
  await page.locator('.graphiql-tab-button', { hasText: title }).click();
  const answered = page.waitForResponse(
    (response) =>
      response.url().endsWith('/graphql') && (response.request().postData() ?? '').includes(`query ${title}`),
  );
  await page.locator('.graphiql-execute-button').click();
  const answer = await (await answered).json();
  await page.locator('.result-window .view-lines', { hasText: '"data"' }).waitFor();
  return answer;
}
