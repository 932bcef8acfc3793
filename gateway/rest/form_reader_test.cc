#include "gateway/rest/form_reader.h"

#include <gtest/gtest.h>

#include <ctime>
#include <fstream>
#include <vector>

namespace silhouette {
namespace {

// What a form holds, as its reader tells it.
class FormReaderTest : public ::testing::Test {
 protected:
  // False: it is malformed or breaks off.
  bool Read(const std::vector<std::string>& pieces) {
    told_.clear();
    FormReader reader(
        "edge",
        [this](const FormReader::Part& part) {
          told_ += "[" + part.name + "|" + part.filename + "]";
          return true;
        },
        [this](const char* bytes, size_t size) {
          told_.append(bytes, size);
          return true;
        });
    for (const std::string& piece : pieces) {
      if (!reader.Read(piece)) return false;
    }
    return reader.is_whole();
  }
  std::string NamesIn(const std::string& disposition) {
    EXPECT_TRUE(Read({"--edge\r\n" + disposition + "\r\n\r\n\r\n--edge--\r\n"})) << disposition;
    return told_;
  }

  std::string told_;
};

constexpr char kForm[] =
    "--edge\r\nContent-Disposition: form-data; name=\"job\"\r\n\r\nj1\r\n"
    "--edge\r\nContent-Disposition: form-data; name=\"truth\"\r\n\r\n\r\n"
    "--edge\r\nX: y\r\ncontent-disposition: form-data; name=capture; filename=\"a;b.pcap\"\r\n"
    "Content-Type: application/octet-stream\r\n\r\n\r\r\n\r\n--edg--\r\n--edge--\r\nbehind it";
constexpr char kTold[] = "[job|]j1[truth|][capture|a;b.pcap]\r\r\n\r\n--edg--";

TEST_F(FormReaderTest, HoweverAFormIsSplitItIsTheSame) {
  const std::string form = kForm;
  ASSERT_TRUE(Read({form}));
  EXPECT_EQ(told_, kTold);
  std::vector<std::string> bytes;
  for (size_t i = 0; i < form.size(); ++i) {
    bytes.push_back(form.substr(i, 1));
    ASSERT_TRUE(Read({form.substr(0, i), form.substr(i)})) << i;
    ASSERT_EQ(told_, kTold) << i;
  }
  ASSERT_TRUE(Read(bytes));
  EXPECT_EQ(told_, kTold);
}

TEST_F(FormReaderTest, AFormThatBreaksOffIsNotWhole) {
  const std::string form = kForm;
  const size_t whole = form.find("--edge--") + 8;
  for (size_t size = 0; size < whole; ++size) ASSERT_FALSE(Read({form.substr(0, size)})) << size;
  EXPECT_TRUE(Read({form.substr(0, whole)}));
}

TEST_F(FormReaderTest, ABoundaryEndsItsLineOrTheForm) {
  EXPECT_FALSE(Read({"--edgeXX"}));
  EXPECT_FALSE(Read({"--edge \r\n"}));
  EXPECT_TRUE(Read({"--edge--"}));
}

TEST_F(FormReaderTest, NamesAreQuotedOrNotAndMayHoldAnything) {
  EXPECT_EQ(NamesIn("Content-Disposition: form-data; name=\"a\"; filename=\"b\""), "[a|b]");
  EXPECT_EQ(NamesIn("Content-Disposition:form-data;filename=b;NAME=a"), "[a|b]");
  EXPECT_EQ(NamesIn("Content-Disposition: form-data; name = a ; filename*=UTF-8''x"), "[a|]");
  EXPECT_EQ(NamesIn(R"(Content-Disposition: form-data; name="a\"\\;b"; filename="C:\x\y")"),
            R"([a"\;b|C:\x\y])");
  EXPECT_EQ(NamesIn("Content-Disposition: form-data; filename=\"name=a\""), "[|name=a]");
  EXPECT_EQ(NamesIn("Content-Disposition: form-data; name=\"never closed"), "[|]");
  EXPECT_EQ(NamesIn("Content-Disposition: form-data; name"), "[|]");
  EXPECT_EQ(NamesIn("Content-Disposition: form-data"), "[|]");
  EXPECT_EQ(NamesIn("X-Content-Disposition: form-data; name=a"), "[|]");
}

TEST_F(FormReaderTest, TheHeadOfAPartIsBounded) {
  const std::string begin = "--edge\r\nContent-Disposition: form-data; name=\"";
  EXPECT_TRUE(Read({begin + std::string(16'000, 'n') + "\"\r\n\r\n\r\n--edge--"}));
  EXPECT_FALSE(Read({begin + std::string(17'000, 'n') + "\"\r\n\r\n\r\n--edge--"}));
  EXPECT_FALSE(Read({begin + std::string(17'000, 'n')}));
}

TEST_F(FormReaderTest, NoHeadOfAPartTakesLong) {
  const std::clock_t before = std::clock();
  for (const std::string unit :
       {"name=\"a\";", " ", ";", "\"", "\\\"", ";=", "\r\n", "name=\"a\"; "}) {
    std::string head = "Content-Disposition: form-data; ";
    while (head.size() < 16'000) head += unit;
    Read({"--edge\r\n", head, "x\r\n\r\n\r\n--edge--"});
  }
  EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC);
}

size_t ResidentBytes() {
  size_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident * 4096;
}

TEST_F(FormReaderTest, ContentTakesNoMemoryHoweverMuch) {
  size_t bytes = 0;
  FormReader reader(
      "edge", [](const FormReader::Part&) { return true; },
      [&bytes](const char*, size_t size) {
        bytes += size;
        return true;
      });
  const std::string piece(4096, '\r');
  ASSERT_TRUE(reader.Read("--edge\r\n\r\n"));
  ASSERT_TRUE(reader.Read(piece));
  const size_t before = ResidentBytes();
  for (int i = 0; i < 25'000; ++i) ASSERT_TRUE(reader.Read(piece));
  EXPECT_GT(bytes, 100'000'000u);
  EXPECT_LT(ResidentBytes(), before + (16 << 20));
}

TEST(FormBoundaryTest, OnlyAFormHasOne) {
  EXPECT_EQ(FormBoundary("multipart/form-data; boundary=edge"), "edge");
  EXPECT_EQ(FormBoundary("Multipart/Form-Data; charset=utf-8; Boundary=\"an edge\""), "an edge");
  EXPECT_EQ(FormBoundary("multipart/form-data"), "");
  EXPECT_EQ(FormBoundary("multipart/form-data; boundary="), "");
  EXPECT_EQ(FormBoundary("multipart/form-data; boundary=" + std::string(71, 'b')), "");
  EXPECT_EQ(FormBoundary("multipart/form-datax; boundary=b"), std::nullopt);
  EXPECT_EQ(FormBoundary("application/octet-stream"), std::nullopt);
  EXPECT_EQ(FormBoundary(""), std::nullopt);
}

}  // namespace
}  // namespace silhouette
