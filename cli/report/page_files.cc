#include "cli/report/page_files.h"

#include <utility>

// The assembler copies the files in, each with a zero behind it; CMakeLists.txt says which they
// are and that this is to be compiled again when one of them changes.
// clang-format off
#define EMBED(symbol, path)        \
  asm(".pushsection .rodata\n"     \
      ".global " #symbol "\n"      \
      #symbol ":\n"                \
      ".incbin \"" path "\"\n"     \
      ".byte 0\n"                  \
      ".popsection\n");            \
  extern "C" const char symbol[]
// clang-format on

EMBED(silhouette_report_html, SILHOUETTE_REPORT_FOLDER "/report.html");
EMBED(silhouette_report_css, SILHOUETTE_REPORT_FOLDER "/report.css");
EMBED(silhouette_report_dom_js, SILHOUETTE_REPORT_FOLDER "/dom.js");
EMBED(silhouette_report_charts_js, SILHOUETTE_REPORT_FOLDER "/charts.js");
EMBED(silhouette_report_figures_js, SILHOUETTE_REPORT_FOLDER "/figures.js");
EMBED(silhouette_report_timeline_js, SILHOUETTE_REPORT_FOLDER "/timeline.js");
EMBED(silhouette_report_sections_js, SILHOUETTE_REPORT_FOLDER "/sections.js");
EMBED(silhouette_report_chart_min_js, SILHOUETTE_CHART_JS);

namespace silhouette {

std::string_view PageFile(std::string_view name) {
  const std::pair<std::string_view, const char*> files[] = {
      {"report.html", silhouette_report_html},
      {"report.css", silhouette_report_css},
      {"dom.js", silhouette_report_dom_js},
      {"charts.js", silhouette_report_charts_js},
      {"figures.js", silhouette_report_figures_js},
      {"timeline.js", silhouette_report_timeline_js},
      {"sections.js", silhouette_report_sections_js},
      {"chart.min.js", silhouette_report_chart_min_js},
  };
  for (const auto& [file, text] : files) {
    if (file == name) return text;
  }
  return {};
}

}  // namespace silhouette
