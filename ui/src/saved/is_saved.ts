/** This page is a trace saved as a file: there is no server to ask. */
export const kIsSaved = document.querySelector('meta[name="clew-saved"]') !== null;
