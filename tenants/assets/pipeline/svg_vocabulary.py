"""What a published SVG (1.1 or 2) may be made of: shapes, text, paint, filters; nothing that acts or fetches."""

__all__ = ["DROPPED_ELEMENTS", "ELEMENTS", "PAINTED_ATTRIBUTES", "PLAIN_ATTRIBUTES", "REFUSED_ELEMENTS",
           "STYLE_FUNCTIONS"]  # fmt: skip


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ELEMENTS = _words(
    """
    svg g defs symbol use title desc switch style
    path rect circle ellipse line polyline polygon text tspan textPath
    linearGradient radialGradient stop clipPath mask pattern marker
    filter feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap
    feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology
    feOffset fePointLight feSpecularLighting feSpotLight feTile feTurbulence
    """
)

REFUSED_ELEMENTS = {
    "script": "a script",
    "foreignObject": "embedded web content (foreignObject)",
    "image": "an embedded or linked picture",
    "feImage": "an embedded or linked picture",
    "a": "a link",
    "iframe": "embedded web content (iframe)",
    "object": "embedded web content (object)",
    "embed": "embedded web content (embed)",
    "audio": "sound",
    "video": "a film",
    "handler": "a script",
    "animate": "an animation",
    "animateColor": "an animation",
    "animateMotion": "an animation",
    "animateTransform": "an animation",
    "set": "an animation",
}
"""Elements that act, move or fetch, with the words for them; refused wherever they stand."""

DROPPED_ELEMENTS = frozenset({"metadata", "view"})
"""Elements that draw nothing; left out with all that is in them."""

PLAIN_ATTRIBUTES = _words(
    """
    id class lang role aria-label aria-hidden aria-labelledby version viewBox preserveAspectRatio width height
    x y x1 y1 x2 y2 cx cy r rx ry fx fy fr d points pathLength dx dy rotate textLength lengthAdjust startOffset method
    spacing side offset gradientUnits spreadMethod clipPathUnits maskUnits maskContentUnits patternUnits
    patternContentUnits markerUnits markerWidth markerHeight refX refY orient filterUnits primitiveUnits filterRes
    in in2 result mode type values tableValues slope intercept amplitude exponent operator k1 k2 k3 k4 order
    kernelMatrix divisor bias targetX targetY edgeMode kernelUnitLength preserveAlpha surfaceScale diffuseConstant
    specularConstant specularExponent limitingConeAngle azimuth elevation z pointsAtX pointsAtY pointsAtZ scale
    xChannelSelector yChannelSelector stdDeviation radius baseFrequency numOctaves seed stitchTiles
    requiredFeatures requiredExtensions systemLanguage media
    """
)
"""Attributes that hold numbers, names and words, which no viewer reads as style."""

PAINTED_ATTRIBUTES = _words(
    """
    style transform gradientTransform patternTransform transform-origin
    fill fill-opacity fill-rule stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin
    stroke-miterlimit stroke-opacity stroke-width vector-effect paint-order color color-interpolation
    color-interpolation-filters color-rendering opacity display visibility overflow clip clip-path clip-rule mask
    mask-type filter flood-color flood-opacity lighting-color stop-color stop-opacity marker marker-start marker-mid
    marker-end shape-rendering text-rendering image-rendering font font-family font-size font-size-adjust font-stretch
    font-style font-variant font-weight letter-spacing word-spacing text-anchor text-decoration text-overflow
    white-space writing-mode direction unicode-bidi dominant-baseline alignment-baseline baseline-shift
    isolation mix-blend-mode enable-background
    """
)
"""Attributes whose value is style and may name something to fetch: each is checked as style is."""

STYLE_FUNCTIONS = _words(
    """
    url rgb rgba hsl hsla hwb lab lch oklab oklch color color-mix var calc min max clamp
    matrix matrix3d translate translatex translatey scale scalex scaley rotate skew skewx skewy
    blur brightness contrast drop-shadow grayscale hue-rotate invert opacity saturate sepia
    not is where nth-child nth-of-type
    circle ellipse inset polygon path rect
    """
)
"""Functions that style may call; of them only ``url`` names a resource, and it must be one of the drawing itself."""
