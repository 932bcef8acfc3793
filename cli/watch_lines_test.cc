#include "cli/watch_lines.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

v1::Verdict Verdict(int64_t window, const std::string& class_name,
                    const std::string& subject = "device:192.168.1.20") {
  v1::Verdict verdict;
  verdict.set_origin("interface:eth0");
  verdict.set_run("1");
  verdict.set_subject(subject);
  verdict.set_model("presence");
  verdict.set_window_start_ns(window * 500'000'000);
  verdict.set_class_(class_name);
  verdict.set_probability(0.934f);
  return verdict;
}

TEST(WatchLines, TellsASubjectsClassWhenItIsNew) {
  WatchLines lines({}, /*each=*/false);
  EXPECT_EQ(lines.LineOf(Verdict(3, "person")),
            "00:00:01.5  person  93 %  device:192.168.1.20  presence");
  EXPECT_EQ(lines.LineOf(Verdict(4, "person")), "");
  EXPECT_EQ(lines.LineOf(Verdict(5, "background")),
            "00:00:02.5  background  93 %  device:192.168.1.20  presence");
  EXPECT_NE(lines.LineOf(Verdict(5, "background", "device:192.168.1.21")), "");
}

TEST(WatchLines, TellsEachWindowIfAsked) {
  WatchLines lines({}, /*each=*/true);
  v1::Verdict partial = Verdict(4, "person");
  partial.set_partial(true);
  EXPECT_NE(lines.LineOf(Verdict(3, "person")), "");
  EXPECT_EQ(lines.LineOf(partial),
            "00:00:02.0  person  93 %  device:192.168.1.20  presence  (partial)");
}

}  // namespace
}  // namespace silhouette
