/** The few functions of React that the playground calls; GraphiQL brings everything else. */
declare module 'react' {
  export function createElement(component: unknown, properties: object): unknown;
}
declare module 'react-dom/client' {
  export function createRoot(container: Element): { render(element: unknown): void };
}
declare module '*.css';
declare module 'graphiql/setup-workers/vite';
