/** See saved_page_plugin.ts. */
declare module 'virtual:saved-page' {
  export const scriptUrl: string;
  export const styleUrl: string;
}
