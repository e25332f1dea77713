// Whether a file is a photo or a video: by its type, and by its name where the system gives none.
const VIDEO_NAMES =
  /\.(mp4|m4v|mov|qt|3gp|3g2|f4v|lrv|insv|mkv|webm|avi|divx|flv|wmv|asf|nut|rm|rmvb|mpe?g?|m[12]v|vob|mod|tod|m?ts|m2ts?|og[vm]|[hx]?26[45]|avc|hevc|mjpe?g|ivf|obu|266|vc1|dv|[mg]xf|y4m|amv|wtv|dvr-ms|tp|m2p)$/i;
const PHOTO_NAMES = /\.(hei[cf]s?|hif|avifs?)$/i; // systems that do not know these give them any type

export function isVideo(file) {
  const photo = file.type.startsWith("image/") || PHOTO_NAMES.test(file.name);
  return !photo && (file.type.startsWith("video/") || VIDEO_NAMES.test(file.name));
}

export const stemOf = (name) => (name || "results").replace(/\.[^.]*$/, "") || "results";
